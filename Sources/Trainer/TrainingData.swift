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
        let training = try store.samples(of: dataset, split: .training)
        let test = try store.samples(of: dataset, split: .test)
        let shape = ImageShape(
            channels: dataset.description.channels, height: dataset.description.height,
            width: dataset.description.width)
        self.training = LabeledImages(shape: shape, pixels: training.pixels, labels: training.labels.map(UInt16.init))
        self.test = LabeledImages(shape: shape, pixels: test.pixels, labels: test.labels.map(UInt16.init))
        testSampleIDs = test.ids
    }
}
