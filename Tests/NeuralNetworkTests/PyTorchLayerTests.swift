import Foundation
import Samples
import Testing

@testable import NeuralNetwork

/// What `scripts/pytorch-reference` computed for a small network.
struct PyTorchCase: Decodable, Sendable, CustomTestStringConvertible {
    struct Training: Decodable {
        let optimizer: Optimizer
        let lr: Double
        let momentum: Double?
        let nesterov: Bool?
        let weightDecay: Double?
        let labelSmoothing: Double

        private enum CodingKeys: String, CodingKey {
            case optimizer, lr, momentum, nesterov
            case weightDecay = "weight_decay"
            case labelSmoothing = "label_smoothing"
        }
    }

    let architecture: Architecture
    let training: Training
    /// Of 6 steps on the same batch.
    let losses: [Double]
    /// Of the first step.
    let gradients: [String: [Double]]
    /// After the last step.
    let weights: [String: [Double]]
    /// Of the same images, after the last step.
    let testLoss: Double

    private enum CodingKeys: String, CodingKey {
        case architecture, training, losses, gradients, weights
        case testLoss = "test_loss"
    }

    var testDescription: String { architecture.name }

    var configuration: TrainingConfiguration {
        var configuration = TrainingConfiguration()
        configuration.optimizer = training.optimizer
        configuration.learningRate = training.lr
        configuration.momentum = training.momentum ?? 0
        configuration.usesNesterov = training.nesterov ?? false
        configuration.weightDecay = training.weightDecay ?? 0
        configuration.labelSmoothing = training.labelSmoothing
        configuration.shuffles = false
        configuration.standardization = Standardization(mean: 0.5, standardDeviation: 0.25)
        return configuration
    }

    static let all: [PyTorchCase] = (try? PyTorchReference.json("layers.json")) ?? []
}

extension LabeledImages {
    /// The images of `scripts/pytorch-reference`.
    static func random(_ shape: ImageShape, count: Int, classes: UInt32) throws -> LabeledImages {
        var pixels = RandomStream(seed: 1234, name: "pixels")
        var labels = RandomStream(seed: 1234, name: "labels")
        return try LabeledImages(
            shape: shape, pixels: (0..<count * shape.count).map { _ in UInt8(pixels.next() >> 24) },
            labels: (0..<count).map { _ in UInt16(labels.next() % classes) }, classes: Int(classes))
    }
}

@Suite("Layers, losses, optimisers and schedules, against PyTorch's numbers")
struct PyTorchLayerTests {
    @Test("the numbers are there")
    func complete() {
        #expect(PyTorchCase.all.count == 12)
    }

    @Test("gradients, losses of 6 steps, weights after them, and a test", arguments: PyTorchCase.all)
    func training(reference: PyTorchCase) throws {
        let images = try LabeledImages.random(reference.architecture.input, count: 11, classes: 3)
        let network = try Network(reference.architecture, seed: 1234)
        let loop = try TrainingLoop(network: network, images: images, configuration: reference.configuration)
        let first = loop.gradients(ofImages: 0..<11).gradients
        #expect(Set(first.map(\.name)) == Set(reference.gradients.keys))
        for gradient in first {
            #expect(try distance(gradient.values, reference.gradients[gradient.name]) < 1e-5, "\(gradient.name)")
        }

        // The gradients changed the running moments of batch normalisation: a network as before takes the steps.
        let trained = try Network(reference.architecture, seed: 1234)
        let steps = try TrainingLoop(network: trained, images: images, configuration: reference.configuration)
        for (epoch, loss) in reference.losses.enumerated() {
            let report = try #require(steps.trainEpoch(epoch + 1))
            #expect(abs(report.meanLoss - loss) < 1e-5, "step \(epoch + 1)")
        }
        #expect(Set(trained.tensors().map(\.name)) == Set(reference.weights.keys))
        for tensor in trained.tensors() {
            #expect(try distance(tensor.values, reference.weights[tensor.name]) < 2e-5, "\(tensor.name)")
        }
        #expect(abs(try steps.evaluate(images).meanLoss - reference.testLoss) < 1e-5)
    }

    /// ‖a − b‖ / ‖b‖, or ‖a − b‖ where b is as good as zero.
    private func distance(_ a: [Float], _ b: [Double]?) throws -> Double {
        let b = try #require(b)
        try #require(a.count == b.count)
        let difference = zip(a, b).reduce(0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) }.squareRoot()
        return difference / max(b.reduce(0) { $0 + $1 * $1 }.squareRoot(), 0.01)
    }

    @Test("learning rates of 12 epochs", arguments: ["constant", "exponential", "step", "cosine", "warm-up"])
    func schedules(name: String) throws {
        var schedule = LearningRateSchedule()
        switch name {
        case "exponential": (schedule.kind, schedule.decay) = (.exponential, 0.9)
        case "step": (schedule.kind, schedule.decay, schedule.stepEpochs) = (.step, 0.1, 5)
        case "cosine": (schedule.kind, schedule.minimum) = (.cosine, 0.001)
        case "warm-up": (schedule.kind, schedule.warmupEpochs) = (.cosine, 3)
        default: break
        }
        let reference: [String: [Double]] = try PyTorchReference.json("schedules.json")
        for (index, rate) in try #require(reference[name]).enumerated() {
            let found = schedule.learningRate(inEpoch: index + 1, of: 12, from: 0.1)
            #expect(abs(found - rate) < 1e-12, "epoch \(index + 1): \(found), not \(rate)")
        }
    }
}

@Suite("The large networks, against PyTorch's numbers", .serialized)
struct LargeNetworkTests {
    struct Reference: Decodable {
        let loss: Double
        let lossAfterStep: Double
        let gradientNorms: [String: Double]

        private enum CodingKeys: String, CodingKey {
            case loss
            case lossAfterStep = "loss_after_step"
            case gradientNorms = "gradient_norms"
        }
    }

    private static let memory = ProcessInfo.processInfo.physicalMemory

    @Test(
        "a step on two resized images", .enabled(if: memory >= 8 << 30, "needs 8 GiB of memory"),
        arguments: ["alexnet", "vgg16"])
    func step(name: String) throws {
        let references: [String: Reference] = try PyTorchReference.json("large.json")
        let reference = try #require(references[name])
        let images = try LabeledImages.random(ImageShape(channels: 1, height: 28, width: 28), count: 2, classes: 10)
        let complete = try #require(try Architecture.builtIn(name, input: images.shape, classes: 10))
        // What dropout drops is random; its gradient has a test of its own.
        let architecture = try Architecture(
            name: name, input: complete.input, layers: complete.layers.filter { $0 != .dropout(rate: 0.5) },
            resizesImages: true)
        var configuration = TrainingConfiguration()
        configuration.batchSize = 2
        configuration.shuffles = false
        configuration.standardization = Standardization(mean: 0.1, standardDeviation: 0.1)
        let loop = try TrainingLoop(
            network: Network(architecture, seed: 1234), images: images, configuration: configuration)
        let report = try #require(loop.trainEpoch(1))
        #expect(abs(report.meanLoss - reference.loss) < 1e-5)
        let names = architecture.weightNames()
        for (layer, norm) in report.gradientNorms {
            // Biases have a small part in ours.
            let expected = try #require(reference.gradientNorms["\(names[layer] ?? "").weight"])
            #expect(norm >= expected * 0.9999)
        }
        #expect(abs(try loop.evaluate(images).meanLoss - reference.lossAfterStep) < 1e-4)
    }
}
