import Foundation
import TestData
import Testing

@testable import NeuralNetwork

@Suite("Colours are learned")
struct ColourNetworkTests {
    /// `make test-colour` asks for a data set as large as CIFAR-10.
    private static let isWhole = ProcessInfo.processInfo.environment["COLOUR"] == "whole"

    private static func images(_ count: Int, seed: UInt64) throws -> LabeledImages {
        let shapes = ColourShapes(count: count, seed: seed)
        let shape = ImageShape(
            channels: ColourShapes.channels, height: ColourShapes.height, width: ColourShapes.width)
        return try LabeledImages(
            shape: shape, pixels: shapes.pixels, labels: shapes.labels, classes: ColourShapes.classes)
    }

    @Test(
        "cnn on ten classes in colour, of which 90 % can be told apart: better than 70 %, and no better than possible")
    func shapes() throws {
        let training = try Self.images(Self.isWhole ? 50_000 : 3000, seed: 1)
        let test = try Self.images(Self.isWhole ? 10_000 : 1000, seed: 2)
        let architecture = try #require(
            try Architecture.builtIn("cnn", input: training.shape, classes: ColourShapes.classes))
        var configuration = TrainingConfiguration()
        configuration.epochs = Self.isWhole ? 10 : 4
        configuration.optimizer = .adam
        configuration.learningRate = 0.001
        configuration.batchSize = 32
        let loop = try TrainingLoop(
            network: try Network(architecture, seed: 1), images: training, configuration: configuration, threads: 2)
        for epoch in 1...configuration.epochs { _ = try #require(loop.trainEpoch(epoch)) }
        let result = try loop.evaluate(test)
        let accuracy = Double(result.correct) / Double(test.labels.count)
        if Self.isWhole { print("cnn: \(accuracy) of 10,000; the Bayes limit is \(ColourShapes.bayesAccuracy)") }
        let deviation = (0.9 * 0.1 / Double(test.labels.count)).squareRoot()
        #expect(accuracy >= (Self.isWhole ? 0.85 : 0.7))
        #expect(accuracy <= ColourShapes.bayesAccuracy + 4 * deviation)
    }
}
