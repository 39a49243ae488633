import NeuralNetwork
import Samples
import Store

/// A model version's network, and how it was trained.
package struct TrainedNetwork {
    package let network: Network
    package let configuration: RunConfiguration
    private let version: ModelReference
    /// What it was trained on, or tested on where it was imported.
    package let learned: DatasetDescription

    /// - Throws: `NoWeights` where predictions were imported; `NotEnoughMemory` before anything is loaded; what the
    ///   database or the weights' form threw.
    package init(of version: StoredVersion, in store: Store) throws {
        let weights = try version.weights()
        configuration = try RunConfiguration(json: version.configuration)
        let dataset = try store.dataset(id: version.datasetID)
        self.version = version.reference
        learned = dataset.description
        try configuration.checkTestMemory(on: dataset.sampleCounts, available: Memory.available)
        network = try Network(configuration.architecture, weights: weights, in: store)
    }

    /// Images of any data set, with the labels that their classes had in training: classes match by name.
    ///
    /// - Throws: `OtherClasses` when there is a class that was not learned, `Misfit` for images of another shape,
    ///   `NotFound.split` when the split has no sample, `NotEnoughMemory` before anything is loaded.
    package func images(of dataset: StoredDataset, split: Split, from store: Store) throws -> LabeledImages {
        guard network.architecture.accepts(dataset.description.shape) else {
            throw Misfit(architecture: network.architecture, dataset: dataset.description)
        }
        try dataset.checkHas(split)
        let places = try dataset.places(among: learned, of: version, network: network.architecture.name)
        try configuration.checkTestMemory(on: dataset.sampleCounts, available: Memory.available)
        let images = try store.samples(of: dataset, split: split).images
        return try LabeledImages(
            shape: images.shape, pixels: images.pixels, labels: images.labels.map { UInt16(places[Int($0)]) },
            classes: learned.classNames.count)
    }

    /// Classifies images as the training's tests did.
    package func evaluator(on engine: Engine) throws -> Evaluator {
        try Evaluator(network, configuration: configuration.training, engine: engine)
    }
}

extension Network {
    /// - Parameter digest: SHA-256 of the artifact with the weights.
    convenience init(_ architecture: Architecture, weights digest: String, in store: Store) throws {
        try self.init(architecture, weights: Safetensors.decode(try store.artifact(digest)).tensors)
    }
}
