import Crypto
import KernelTypes
import Kernels
import Samples
import Testing

@testable import NeuralNetwork

@Suite("The same weights to the bit")
struct ReproducibilityTests {
    /// SHA-256 of the weights after two shuffled epochs with momentum and weight decay, and of a test's probabilities.
    private func digest(_ architecture: Architecture, threads: Int, level: KernelSet.Level) async throws -> String {
        let images = try await MNIST.training().prefix(200)
        var configuration = TrainingConfiguration()
        configuration.batchSize = 48
        if architecture.name == "all layers" {
            configuration.optimizer = .adamw
            configuration.learningRate = 0.002
            configuration.schedule.kind = .cosine
            configuration.labelSmoothing = 0.1
            configuration.initialization = .glorot
            configuration.augmentation.shift = 2
            configuration.augmentation.rotation = 15
        } else {
            configuration.momentum = 0.9
            configuration.schedule.kind = .exponential
            configuration.schedule.decay = 0.5
        }
        configuration.epochs = 2
        configuration.weightDecay = 1e-4
        configuration.standardization = MNIST.standardization
        let engine = Engine(kernels: .fastest(upTo: level), threads: threads)
        let network = try Network(
            architecture, seed: 1234, initialization: configuration.initialization, engine: engine)
        let loop = try TrainingLoop(network: network, images: images, configuration: configuration, engine: engine)
        for epoch in 1...2 { _ = try #require(loop.trainEpoch(epoch)) }
        let evaluation = try loop.evaluate(images)
        var hash = SHA256()
        hash.update(data: try Safetensors.encode(network.tensors()))
        evaluation.probabilities.withUnsafeBytes { hash.update(bufferPointer: $0) }
        evaluation.losses.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return hash.finalize().description
    }

    @Test("with 1, 2, 3 and 8 threads, on every instruction set", arguments: ["mlp", "cnn", "lenet", "all layers"])
    func threadsAndLevels(name: String) async throws {
        let shape = ImageShape(channels: 1, height: 28, width: 28)
        let architecture = try Architecture.builtIn(name, input: shape, classes: 10) ?? Self.allLayers(shape)
        var digests: [String: [String]] = [:]
        for level in KernelSet.Level.available {
            for threads in [1, 2, 3, 8] {
                let digest = try await digest(architecture, threads: threads, level: level)
                digests[digest, default: []].append("\(level) \(threads)")
            }
        }
        #expect(digests.count == 1, "\(digests.values)")
    }

    /// A network with a layer of every kind, on images that are resized.
    private static func allLayers(_ shape: ImageShape) throws -> Architecture {
        try Architecture(
            name: "all layers", input: ImageShape(channels: 2, height: 25, width: 31),
            layers: [
                .convolution(outputs: 7, kernel: 4, stride: 2, padding: 1), .batchNormalization(), .leakyReLU(),
                .maximumPooling(size: 3, stride: 2), .convolution(outputs: 6, kernel: 3, padding: 2), .relu,
                .localResponseNormalization(size: 5, alpha: 0.1), .averagePooling(size: 2, stride: 2),
                .dropout(rate: 0.2),
                .tanh, .flatten, .dense(outputs: 33), .batchNormalization(), .sigmoid, .dropout(rate: 0.5),
                .dense(outputs: 10),
            ], resizesImages: true)
    }

    @Test("a training that goes on from a checkpoint ends with the weights of one that nobody disturbed")
    func checkpoint() async throws {
        let images = try await MNIST.training().prefix(150)
        for optimizer in Optimizer.allCases {
            var configuration = TrainingConfiguration()
            configuration.epochs = 4
            configuration.optimizer = optimizer
            configuration.momentum = optimizer == .sgd ? 0.9 : 0
            configuration.augmentation.shift = 1
            let architecture = try Self.allLayers(images.shape)
            let undisturbed = try Network(architecture, seed: 1)
            var loop = try TrainingLoop(network: undisturbed, images: images, configuration: configuration)
            for epoch in 1...2 { _ = loop.trainEpoch(epoch) }
            let checkpoint = try Checkpoint(undisturbed.checkpoint(afterEpoch: 2).encode())
            for epoch in 3...4 { _ = loop.trainEpoch(epoch) }

            let resumed = try Network(architecture, resuming: checkpoint)
            loop = try TrainingLoop(network: resumed, images: images, configuration: configuration)
            for epoch in checkpoint.epoch + 1...4 { _ = loop.trainEpoch(epoch) }
            #expect(resumed.tensors() == undisturbed.tensors(), "\(optimizer)")
            #expect(resumed.checkpoint(afterEpoch: 4) == undisturbed.checkpoint(afterEpoch: 4))
        }
    }

    @Test("an evaluation of stored weights gives what the test after the training gave, with one thread or three")
    func evaluation() async throws {
        let images = try await MNIST.training().prefix(150)
        var configuration = TrainingConfiguration()
        configuration.standardization = MNIST.standardization
        let architecture = try Self.allLayers(images.shape)
        let network = try Network(architecture, seed: 1)
        let loop = try TrainingLoop(network: network, images: images, configuration: configuration)
        _ = try #require(loop.trainEpoch(1))
        let tested = try loop.evaluate(images)
        let stored = try Network(architecture, weights: Safetensors.decode(network.encodedWeights()).tensors)
        #expect(stored.tensors() == network.tensors())
        for threads in [1, 3] {
            let engine = Engine(kernels: .fastest(), threads: threads)
            let again = try Evaluator(stored, configuration: configuration, engine: engine)(images)
            #expect(again.losses == tested.losses && again.probabilities == tested.probabilities)
        }
    }

    @Test("after a change of the batch size in the last step, and a test in between")
    func testsChangeNothing() async throws {
        let images = try await MNIST.training().prefix(100)
        let architecture = try #require(try Architecture.builtIn("lenet", input: images.shape, classes: 10))
        func weights(testing: Bool) throws -> [Tensor] {
            let network = try Network(architecture, seed: 1)
            let loop = try TrainingLoop(network: network, images: images, configuration: TrainingConfiguration())
            for epoch in 1...3 {
                _ = try #require(loop.trainEpoch(epoch))
                if testing { _ = try loop.evaluate(images) }
            }
            return network.tensors()
        }
        #expect(try weights(testing: true) == weights(testing: false))
    }
}
