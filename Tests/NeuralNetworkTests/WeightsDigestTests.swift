import Crypto
import Testing

@testable import NeuralNetwork

/// What every change of the engine must leave as it is: stored versions are reproduced by training again.
@Suite("The weights that trainings always gave")
struct WeightsDigestTests {
    /// SHA-256 of all weights in PyTorch's layout.
    private static func digest(_ network: Network) -> String {
        var hash = SHA256()
        for parameter in network.parameters {
            let values = parameter.values
            guard parameter.shape.count == 2 else {
                hash.update(bufferPointer: UnsafeRawBufferPointer(start: values.pointer, count: 4 * parameter.count))
                continue
            }
            // Dense weights lie transposed in memory.
            let (outputs, inputs) = (parameter.shape[0], parameter.shape[1])
            let stride = values.count / inputs
            withUnsafeTemporaryAllocation(of: Float.self, capacity: inputs) { row in
                for output in 0..<outputs {
                    var (position, input) = (output, 0)
                    while input < inputs {
                        row[input] = values.pointer[position]
                        position += stride
                        input += 1
                    }
                    hash.update(bufferPointer: UnsafeRawBufferPointer(row))
                }
            }
        }
        return hash.finalize().map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
    }

    @Test(
        "two epochs of each built-in network; of the large ones, a step",
        arguments: [
            ("mlp", 200, "7863fc66aeb0b9e1ce1e3a92573d6a26fdd44149be2d1746fd4127cef2bda30b"),
            ("cnn", 200, "5465a9e4ddf0e18a5bf6184bfe7400f617f235faf1b398c5df36c6eaed2a1a73"),
            ("lenet", 200, "85a747aedcedbc5ddd979794fa879bf7921a3ef6f563b3caa40b7f3fbf1ce9ba"),
            ("alexnet", 3, "94295b5fe588b79ef8c5b714e87b2a11456c6b7e748a6c3fbd4b203233abd4b1"),
            ("vgg16", 1, "d1bb317a3ca274474427142b8e219ece58c2957734c0c5b85dd027cc9fef761b"),
        ])
    func builtIn(name: String, count: Int, expected: String) async throws {
        let images = try await MNIST.training().prefix(count)
        var configuration = TrainingConfiguration()
        configuration.momentum = 0.9
        configuration.standardization = MNIST.standardization
        let architecture = try #require(try Architecture.builtIn(name, input: images.shape, classes: 10))
        let network = try Network(architecture, seed: 1234)
        let loop = try TrainingLoop(network: network, images: images, configuration: configuration)
        for epoch in 1...(count < 10 ? 1 : 2) { _ = try #require(loop.trainEpoch(epoch)) }
        #expect(Self.digest(network) == expected)
    }
}
