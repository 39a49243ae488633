import NeuralNetwork
import Samples
import TestData

/// The real MNIST as networks take it.
enum MNIST {
    static func training() async throws -> LabeledImages {
        let half = try await MNISTFiles.dataset().training
        return try LabeledImages(
            shape: ImageShape(channels: 1, height: 28, width: 28), pixels: half.pixels(),
            labels: half.labels, classes: 10)
    }

    static func test() async throws -> LabeledImages {
        let half = try await MNISTFiles.dataset().test
        return try LabeledImages(
            shape: ImageShape(channels: 1, height: 28, width: 28), pixels: half.pixels(),
            labels: half.labels, classes: 10)
    }

    /// The training images' own moments, as the reference experiment uses them.
    static let standardization = Standardization(mean: 0.1306604762738429, standardDeviation: 0.3081078071444696)
}

extension LabeledImages {
    /// The first images.
    func prefix(_ count: Int) throws -> LabeledImages {
        try LabeledImages(
            shape: shape, pixels: Array(pixels.prefix(count * shape.count)), labels: Array(labels.prefix(count)),
            classes: classes)
    }
}
