import Samples
import Testing

@testable import NeuralNetwork

@Suite("The health of layers")
struct LayerHealthTests {
    private static let shape = ImageShape(channels: 1, height: 6, width: 5)

    private func architecture(_ layers: [Layer]) throws -> Architecture {
        try Architecture(name: "test", input: Self.shape, layers: layers)
    }

    private func network(_ architecture: Architecture, biases: [String: [Float]]) throws -> Network {
        let weights = try Network(architecture, seed: 3).tensors().map { tensor in
            Tensor(name: tensor.name, shape: tensor.shape, values: biases[tensor.name] ?? tensor.values)
        }
        return try Network(architecture, weights: weights)
    }

    @Test("units that are zero for every image are dead, in convolutions, dense layers and ReLUs of their own")
    func deadUnits() throws {
        let images = try LabeledImages.random(Self.shape, count: 70, classes: 3)
        let architecture = try architecture([
            .convolution(outputs: 4, kernel: 3), .relu, .flatten, .dense(outputs: 20), .tanh, .relu,
            .dense(outputs: 3),
        ])
        // So negative a bias that no image makes up for it.
        var dense = [Float](repeating: 1, count: 20)
        for unit in [0, 3, 7, 16, 19] { dense[unit] = -1000 }
        let network = try network(architecture, biases: ["conv1.bias": [100, -1000, 100, -1000], "fc1.bias": dense])
        let loop = try TrainingLoop(network: network, images: images, configuration: TrainingConfiguration())
        let shares = try loop.evaluate(images).deadShares
        #expect(Set(shares.keys) == [1, 5])
        #expect(shares[1] == 0.5)
        #expect(try #require(shares[5]) >= 0.25)
    }

    @Test("a unit that one image of many makes positive is alive")
    func aliveByOne() throws {
        var pixels = [UInt8](repeating: 0, count: 100 * Self.shape.count)
        pixels[99 * Self.shape.count] = 255
        let images = try LabeledImages(
            shape: Self.shape, pixels: pixels, labels: [UInt16](repeating: 0, count: 100), classes: 2)
        let architecture = try architecture([.flatten, .dense(outputs: 1), .relu, .dense(outputs: 2)])
        for (weight, share) in [(Float(1), 0.0), (-1, 1)] {
            let network = try network(
                architecture,
                biases: ["fc1.weight": [Float](repeating: weight, count: Self.shape.count), "fc1.bias": [-0.5]])
            let loop = try TrainingLoop(network: network, images: images, configuration: TrainingConfiguration())
            #expect(try loop.evaluate(images).deadShares == [2: share])
        }
    }

    @Test("the gradient's norm is that of the epoch's last step")
    func gradientNorms() throws {
        let images = try LabeledImages.random(Self.shape, count: 20, classes: 3)
        let architecture = try architecture([
            .convolution(outputs: 4, kernel: 3), .relu, .flatten, .dense(outputs: 3),
        ])
        var configuration = TrainingConfiguration()
        configuration.batchSize = 8
        configuration.shuffles = false
        let network = try Network(architecture, seed: 3)
        var last: TrainingLoop?
        // Two steps by hand leave the weights that the third begins with.
        var beforeLast = configuration
        beforeLast.epochs = 1
        let firstSixteen = try images.prefix(16)
        last = try TrainingLoop(network: network, images: firstSixteen, configuration: beforeLast)
        _ = last?.trainEpoch(1)
        let expected = try TrainingLoop(network: network, images: images, configuration: configuration)
            .gradients(ofImages: 16..<20).gradients

        let report = try #require(
            try TrainingLoop(network: Network(architecture, seed: 3), images: images, configuration: configuration)
                .trainEpoch(1))
        for (layer, name) in [(0, "conv1"), (3, "fc1")] {
            let squares = expected.filter { $0.name.hasPrefix(name) }.flatMap(\.values).map { Double($0) * Double($0) }
            let norm = try #require(report.gradientNorms[layer])
            #expect(abs(norm - squares.reduce(0, +).squareRoot()) < 1e-12)
        }
        #expect(report.gradientNorms.count == 2)
    }

    @Test("weights that the last step makes infinite are seen though the loss was finite")
    func infiniteWeights() throws {
        let images = try LabeledImages.random(Self.shape, count: 4, classes: 3)
        var configuration = TrainingConfiguration()
        configuration.learningRate = 3e38
        configuration.standardization = Standardization(mean: 0.5, standardDeviation: 0.001)
        let network = try Network(try architecture([.flatten, .dense(outputs: 3)]), seed: 3)
        let loop = try TrainingLoop(network: network, images: images, configuration: configuration)
        let report = try #require(loop.trainEpoch(1))
        #expect(report.meanLoss.isFinite)
        #expect(network.tensors().contains { !$0.values.allSatisfy(\.isFinite) })
        #expect(report.firstNonFiniteStep == 1)
    }
}
