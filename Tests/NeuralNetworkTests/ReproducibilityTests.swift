import Crypto
import KernelTypes
import Kernels
import Testing

@testable import NeuralNetwork

@Suite("The same weights to the bit")
struct ReproducibilityTests {
    /// SHA-256 of the weights after two shuffled epochs with momentum and weight decay, and of a test's probabilities.
    private func digest(_ architecture: Architecture, threads: Int, level: KernelSet.Level) async throws -> String {
        let images = try await MNIST.training().prefix(200)
        var configuration = TrainingConfiguration()
        configuration.batchSize = 48
        configuration.momentum = 0.9
        configuration.weightDecay = 1e-4
        configuration.learningRateDecay = 0.5
        configuration.standardization = MNIST.standardization
        let network = try Network(architecture, seed: 1234)
        let loop = try TrainingLoop(
            network: network, images: images, configuration: configuration, threads: threads,
            kernels: .fastest(upTo: level))
        for epoch in 1...2 { _ = try #require(loop.trainEpoch(epoch)) }
        let evaluation = try loop.evaluate(images)
        var hash = SHA256()
        hash.update(data: try Safetensors.encode(network.tensors()))
        evaluation.probabilities.withUnsafeBytes { hash.update(bufferPointer: $0) }
        evaluation.losses.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return hash.finalize().description
    }

    @Test("with 1, 2, 3 and 8 threads, on every instruction set", arguments: Architecture.builtInNames)
    func threadsAndLevels(name: String) async throws {
        let shape = ImageShape(channels: 1, height: 28, width: 28)
        let architecture = try #require(try Architecture.builtIn(name, input: shape, classes: 10))
        var digests: [String: [String]] = [:]
        for level in KernelSet.Level.available {
            for threads in [1, 2, 3, 8] {
                let digest = try await digest(architecture, threads: threads, level: level)
                digests[digest, default: []].append("\(level) \(threads)")
            }
        }
        #expect(digests.count == 1, "\(digests.values)")
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
