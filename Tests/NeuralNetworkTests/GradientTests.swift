import Samples
import Testing

@testable import NeuralNetwork

@Suite("Gradients, against finite differences in double precision")
struct GradientTests {
    static let architectures: [Architecture] = {
        let image = ImageShape(channels: 2, height: 9, width: 7)
        let stacks: [[Layer]] = [
            [.flatten, .dense(outputs: 5)],
            [.flatten, .dense(outputs: 37), .relu, .dense(outputs: 3)],
            [.relu, .flatten, .relu, .dense(outputs: 18), .relu, .relu, .dense(outputs: 4)],
            [.convolution(outputs: 7, kernel: 3), .relu, .flatten, .dense(outputs: 3)],
            [.convolution(outputs: 3, kernel: 3, stride: 2, padding: 1), .flatten, .dense(outputs: 3)],
            [
                .convolution(outputs: 6, kernel: 2, stride: 1, padding: 1), .relu,
                .convolution(outputs: 11, kernel: 3, stride: 2, padding: 2), .relu,
                .maximumPooling(size: 2, stride: 2), .flatten, .dense(outputs: 3),
            ],
            [
                .convolution(outputs: 5, kernel: 3, stride: 3), .maximumPooling(size: 2, stride: 1), .relu,
                .convolution(outputs: 2, kernel: 1), .flatten, .flatten, .dense(outputs: 3),
            ],
            [.maximumPooling(size: 3, stride: 2), .convolution(outputs: 4, kernel: 2), .flatten, .dense(outputs: 2)],
            [
                .convolution(outputs: 4, kernel: 3), .averagePooling(size: 2, stride: 2), .leakyReLU(slope: 0.2),
                .convolution(outputs: 3, kernel: 1), .relu, .averagePooling(size: 2, stride: 1), .flatten,
                .dense(outputs: 3),
            ],
            [
                .convolution(outputs: 5, kernel: 2), .tanh, .maximumPooling(size: 2, stride: 2), .flatten,
                .dense(outputs: 19), .sigmoid, .dense(outputs: 7), .tanh, .dense(outputs: 6), .leakyReLU(),
                .dense(outputs: 3),
            ],
            [
                .convolution(outputs: 3, kernel: 3), .relu, .dropout(rate: 0.3), .convolution(outputs: 2, kernel: 2),
                .flatten, .dropout(rate: 0.5), .dense(outputs: 17), .relu, .dropout(rate: 0.2), .dense(outputs: 3),
            ],
            [
                .batchNormalization(), .convolution(outputs: 5, kernel: 3), .batchNormalization(epsilon: 1e-2), .relu,
                .maximumPooling(size: 2, stride: 2), .flatten, .dense(outputs: 18),
                .batchNormalization(epsilon: 0.1, momentum: 0.5), .sigmoid, .dense(outputs: 3),
            ],
            [
                .convolution(outputs: 6, kernel: 3), .relu, .batchNormalization(epsilon: 0.1), .flatten,
                .dense(outputs: 20), .relu, .batchNormalization(epsilon: 0.1), .dense(outputs: 3),
            ],
            [
                .convolution(outputs: 7, kernel: 3), .localResponseNormalization(size: 3, alpha: 0.5, beta: 0.75, k: 2),
                .convolution(outputs: 6, kernel: 2), .relu,
                .localResponseNormalization(size: 4, alpha: 0.9, beta: 0.5, k: 1), .flatten, .dense(outputs: 3),
            ],
        ]
        return stacks.compactMap { try? Architecture(name: "test", input: image, layers: $0) }
    }()

    /// Images of random pixels with random labels.
    static func images(_ architecture: Architecture, count: Int) throws -> LabeledImages {
        var random = RandomStream(seed: 3, name: "images")
        return try LabeledImages(
            shape: architecture.input,
            pixels: (0..<count * architecture.input.count).map { _ in UInt8(random.next(below: 256)) },
            labels: (0..<count).map { _ in UInt16(random.next(below: UInt32(architecture.classes))) },
            classes: architecture.classes)
    }

    @Test("all architectures of the test are valid")
    func valid() {
        #expect(Self.architectures.count == 14)
    }

    @Test("every layer's gradient, at odd batch sizes", arguments: architectures, [1, 7, 16, 33])
    func gradients(architecture: Architecture, batchSize: Int) throws {
        // After a dense layer a batch of one has a single value of each channel, which is not normalised.
        let isFlatNormalized =
            architecture.layers.drop { $0 != .flatten }
            .contains { if case .batchNormalization = $0 { true } else { false } }
        let batchSize = isFlatNormalized ? max(2, batchSize) : batchSize
        let images = try Self.images(architecture, count: batchSize)
        let network = try Network(architecture, seed: 5)
        var configuration = TrainingConfiguration()
        configuration.batchSize = batchSize
        let channels = (0..<architecture.input.channels).map { Double($0) }
        let standardization = Standardization(
            means: channels.map { 0.4 + 0.1 * $0 }, standardDeviations: channels.map { 0.3 + 0.2 * $0 })
        configuration.standardization = standardization
        configuration.labelSmoothing = 0.15
        let loop = try TrainingLoop(network: network, images: images, configuration: configuration, threads: 2)
        let (loss, gradients) = loop.gradients(ofImages: 0..<batchSize)

        var plain = PlainNetwork(architecture, network.tensors())
        plain.labelSmoothing = configuration.labelSmoothing
        plain.seed = configuration.seed
        let plainLoss = plain.loss(images, standardization)
        #expect(abs(loss - plainLoss) < 1e-5 * max(1, plainLoss))
        var random = RandomStream(seed: 9, name: "which")
        for gradient in gradients {
            for _ in 0..<6 {
                let index = Int(random.next(below: UInt32(gradient.values.count)))
                let step = 1e-6
                var (above, below) = (plain, plain)
                above.weights[gradient.name]?[index] += step
                below.weights[gradient.name]?[index] -= step
                let difference =
                    (above.loss(images, standardization) - below.loss(images, standardization)) / (2 * step)
                #expect(
                    abs(Double(gradient.values[index]) - difference) < 2e-4 * max(0.1, abs(difference)),
                    "\(gradient.name)[\(index)]")
            }
        }
    }
}
