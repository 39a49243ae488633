import NeuralNetwork
import Store

/// A network that was trained elsewhere, and how pixels become its input.
package struct ImportedNetwork: Sendable {
    package let architecture: Architecture
    private let weights: [Tensor]
    package let configuration: RunConfiguration

    /// - Parameters:
    ///   - weights: Named and laid out as `Network.tensors()`.
    ///   - standardization: `nil` where intensities are only scaled to 0…1.
    /// - Throws: `WeightsError` when the weights are not those of the architecture.
    package init(
        _ architecture: Architecture, weights: [Tensor], standardization: Standardization?, source: NetworkSource
    ) throws {
        try architecture.check(weights)
        self.architecture = architecture
        self.weights = weights
        var training = TrainingConfiguration()
        training.standardization = standardization
        try training.check()
        configuration = RunConfiguration(architecture: architecture, training: training, source: source)
    }

    /// Tests the network on a data set's test samples, as a training's end does, and registers it as a model's next version.
    ///
    /// - Parameter check: Told the test accuracy. When it throws, nothing is stored.
    /// - Throws: `Misfit` when network and data set do not belong together, `NotEnoughMemory` before anything is loaded,
    ///   `NoFiniteLoss`; what the engine or the database threw. Nothing is stored then.
    package func register(
        as model: String, testedOn dataset: StoredDataset, in store: Store, engine: Engine,
        check: (_ testAccuracy: Double) throws -> Void
    ) throws -> ModelReference {
        try architecture.checkFits(dataset.description)
        try configuration.checkTestMemory(on: dataset.sampleCounts, available: Memory.available)
        let network = try Network(architecture, weights: weights)
        let (images, ids) = try TrainingData.images(of: dataset, split: .test, from: store)
        let tested = try Evaluator(network, configuration: configuration.training, engine: engine)(images)
        guard tested.meanLoss.isFinite else { throw NoFiniteLoss(dataset: dataset.name) }
        return try store.registerImport(
            RunRequest(
                model: model, datasetID: dataset.id, configuration: try configuration.json(),
                parameterCount: architecture.parameterCount, multiplyAdds: architecture.multiplyAdds, epochs: 1),
            ImportedTest(
                losses: tested.losses, meanLoss: tested.meanLoss, correct: tested.correct,
                misclassifications: tested.misclassifications(labels: images.labels, sampleIDs: ids),
                layerMetrics: architecture.layerMetrics(tested)),
            weights: try network.encodedWeights(), check: check)
    }
}

/// A network whose numbers become infinite, or none, on the way to its logits.
package struct NoFiniteLoss: Error, Sendable, CustomStringConvertible {
    /// With its version.
    package let dataset: String

    package var description: String {
        "The loss on \(dataset) is not finite: the weights make numbers too large for 32 bits. Nothing was stored."
    }
}
