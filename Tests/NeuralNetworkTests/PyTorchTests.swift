import Samples
import Testing

@testable import NeuralNetwork

@Suite("Training, against PyTorch's numbers", .serialized)
struct PyTorchTests {
    private func loop(_ model: String, images: LabeledImages) throws -> (network: Network, loop: TrainingLoop) {
        let architecture = try #require(try Architecture.builtIn(model, input: images.shape, classes: 10))
        let network = try Network(architecture, weights: PyTorchReference.tensors("\(model).init"))
        var configuration = TrainingConfiguration()
        configuration.shuffles = false
        configuration.standardization = MNIST.standardization
        return (network, try TrainingLoop(network: network, images: images, configuration: configuration))
    }

    @Test("the first batch's gradient is PyTorch's within 1e-5", arguments: ["mlp", "cnn"])
    func firstGradient(model: String) async throws {
        let (network, loop) = try loop(model, images: try await MNIST.training())
        let (loss, gradients) = loop.gradients(ofImages: 0..<64)
        #expect(try relativeDistance(gradients, to: PyTorchReference.tensors("\(model).gradient-step1")) < 1e-5)
        #expect(abs(loss - (try PyTorchReference.epoch1(of: model)).first20StepLosses[0]) < 1e-6)
        #expect(try relativeDistance(network.tensors(), to: PyTorchReference.tensors("\(model).init")) == 0)
    }

    @Test("the weights after 10 steps are PyTorch's within 1e-5", arguments: ["mlp", "cnn"])
    func tenSteps(model: String) async throws {
        let (network, loop) = try loop(model, images: try await MNIST.training().prefix(640))
        _ = loop.trainEpoch(1)
        #expect(try relativeDistance(network.tensors(), to: PyTorchReference.tensors("\(model).step10")) < 1e-5)
    }

    @Test("an epoch in the file's order ends where PyTorch's does", arguments: ["mlp", "cnn"])
    func epoch(model: String) async throws {
        let reference = try PyTorchReference.epoch1(of: model)
        let (network, loop) = try loop(model, images: try await MNIST.training())
        var losses: [Double] = []
        let report = try #require(
            loop.trainEpoch(1) {
                losses.append($0.loss)
                return .proceed
            })
        #expect(report.firstNonFiniteStep == nil)
        #expect(losses.count == 938)
        for (loss, expected) in zip(losses, reference.first20StepLosses) { #expect(abs(loss - expected) < 1e-5) }
        #expect(abs(losses[937] - reference.lastStepLoss) < 1e-4)
        #expect(try relativeDistance(network.tensors(), to: PyTorchReference.tensors("\(model).epoch1")) < 1e-3)

        let test = try await MNIST.test()
        let evaluation = try loop.evaluate(test)
        #expect(abs(evaluation.meanLoss - reference.testMeanLoss) < 1e-4)
        var expected = test.labels
        for wrong in reference.misclassified { expected[wrong.index] = wrong.predicted }
        #expect(zip(evaluation.predictions, expected).count { $0 != $1 } <= 5)
        #expect(Array(evaluation.predictions.prefix(20)) == reference.first20Predictions)
        #expect(evaluation.correct == zip(evaluation.predictions, test.labels).count { $0 == $1 })
        for wrong in reference.misclassified where evaluation.predictions[wrong.index] == wrong.predicted {
            #expect(abs(Double(evaluation.losses[wrong.index]) - wrong.loss) < 0.05)
            let confidence = evaluation.probabilities[wrong.index * 10 + Int(wrong.predicted)]
            #expect(abs(Double(confidence) - wrong.confidence) < 1e-2)
        }
    }
}
