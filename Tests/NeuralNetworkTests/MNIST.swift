import Datasets
import FoundationEssentials
import NeuralNetwork
import SystemPackage
import Testing

/// The real MNIST: from a folder that lies near, or fetched.
enum MNIST {
    private static let loading = Task { () -> ImageDataset in
        let known = try #require(KnownDataset.named("mnist"))
        let near = FilePath(#filePath).removingLastComponent().appending("../../../shared/data/mnist").lexicallyNormalized()
        let isNear = FileManager.default.fileExists(atPath: near.string)
        let cache = FilePath(#filePath).removingLastComponent().appending("../../.build/datasets").lexicallyNormalized()
        return try await DatasetFetcher(cache: cache, report: { _ in }).fetch(known, from: isNear ? near : nil)
    }

    static func training() async throws -> LabeledImages {
        let half = try await loading.value.training
        return LabeledImages(
            shape: ImageShape(channels: 1, height: 28, width: 28), pixels: half.pixels, labels: half.labels)
    }

    static func test() async throws -> LabeledImages {
        let half = try await loading.value.test
        return LabeledImages(
            shape: ImageShape(channels: 1, height: 28, width: 28), pixels: half.pixels, labels: half.labels)
    }

    /// The training images' own moments, as the reference experiment uses them.
    static let standardization = Standardization(mean: 0.1306604762738429, standardDeviation: 0.3081078071444696)
}

extension LabeledImages {
    /// The first images.
    func prefix(_ count: Int) -> LabeledImages {
        LabeledImages(
            shape: shape, pixels: Array(pixels.prefix(count * shape.count)), labels: Array(labels.prefix(count)))
    }
}
