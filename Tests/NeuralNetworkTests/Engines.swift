import KernelTypes
import Kernels
import Samples

@testable import NeuralNetwork

extension Engine {
    /// The fastest kernels, on all cores.
    static var fastest: Engine { Engine(kernels: .fastest()) }
}

extension Network {
    convenience init(_ architecture: Architecture, seed: UInt64, initialization: Initialization = .uniformFanIn) throws
    {
        try self.init(architecture, seed: seed, initialization: initialization, engine: .fastest)
    }
}

extension TrainingLoop {
    convenience init(
        network: Network, images: LabeledImages, configuration: TrainingConfiguration, threads: Int? = nil
    ) throws {
        try self.init(
            network: network, images: images, configuration: configuration,
            engine: Engine(kernels: .fastest(), threads: threads))
    }
}
