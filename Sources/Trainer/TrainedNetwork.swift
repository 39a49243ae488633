import NeuralNetwork
import Store

/// A model version's network, and how it was trained.
public struct TrainedNetwork {
    public let network: Network
    public let configuration: RunConfiguration

    /// - Throws: `NotEnoughMemory` before anything is loaded; what the database or the weights' form threw.
    public init(of version: StoredVersion, in store: Store) throws {
        configuration = try RunConfiguration(json: version.configuration)
        let samples = try store.dataset(id: version.datasetID).sampleCounts
        try configuration.checkTestMemory(on: samples, available: Memory.available)
        network = try Network(configuration.architecture, weights: version.weightsDigest, in: store)
    }

    /// Classifies images as the training's tests did.
    public func evaluator(on engine: Engine) throws -> Evaluator {
        try Evaluator(network, configuration: configuration.training, engine: engine)
    }
}

extension Network {
    /// - Parameter digest: SHA-256 of the artifact with the weights.
    convenience init(_ architecture: Architecture, weights digest: String, in store: Store) throws {
        try self.init(architecture, weights: Safetensors.decode(try store.artifact(digest)).tensors)
    }
}
