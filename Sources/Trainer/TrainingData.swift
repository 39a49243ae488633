import NeuralNetwork
import Store

/// A data set's two splits, read from the database into the form that networks learn from.
public struct TrainingData: Sendable {
    public let training: LabeledImages
    public let test: LabeledImages
    /// Keys of the test samples in the database, in order.
    public let testSampleIDs: [Int]

    /// Reads all samples: about 55 MB for MNIST.
    public init(of dataset: StoredDataset, from store: Store) throws {
        training = try Self.images(of: dataset, split: .training, from: store).images
        (test, testSampleIDs) = try Self.images(of: dataset, split: .test, from: store)
    }

    /// Reads one split, and the keys of its samples in the database.
    public static func images(
        of dataset: StoredDataset, split: Split, from store: Store
    ) throws -> (images: LabeledImages, ids: [Int]) {
        let samples = try store.samples(of: dataset, split: split)
        let images = try LabeledImages(
            shape: dataset.description.imageShape, pixels: samples.pixels, labels: samples.labels,
            classes: dataset.description.classNames.count)
        return (images, samples.ids)
    }
}
