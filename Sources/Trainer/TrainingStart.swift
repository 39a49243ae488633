import NeuralNetwork
import Store

/// A model version that a training starts from.
package struct TrainingStart: Sendable {
    /// With its number.
    package let version: ModelReference
    package let architecture: Architecture
    /// How pixels became the network's input.
    package let standardization: Standardization?
    /// SHA-256 of the artifact with its weights.
    package let weights: String
    /// What it was trained on, or tested on where it was imported.
    package let dataset: DatasetDescription

    /// - Throws: `NoWeights` for predictions alone; `UnreadableConfiguration`.
    package init(_ version: StoredVersion, in store: Store) throws {
        weights = try version.weights()
        let configuration = try RunConfiguration(json: version.configuration)
        self.version = version.reference
        architecture = configuration.architecture
        standardization = configuration.training.standardization
        dataset = try store.dataset(id: version.datasetID).description
    }
}
