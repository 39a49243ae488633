import NeuralNetwork
import Store

extension DatasetDescription {
    /// By the training pixels' moments: those of each channel where there are several.
    package var standardization: Standardization {
        channelMeans.isEmpty
            ? Standardization(mean: trainingMean, standardDeviation: trainingStandardDeviation)
            : Standardization(means: channelMeans, standardDeviations: channelStandardDeviations)
    }
}

/// A data set's splits, read from the database into the form that networks learn from.
package struct TrainingData: Sendable {
    package let training: LabeledImages
    /// `nil` when there is none.
    package let validation: LabeledImages?
    package let test: LabeledImages
    /// Keys of the test samples in the database, in order.
    package let testSampleIDs: [Int]

    /// Reads all samples: about 55 MB for MNIST.
    package init(of dataset: StoredDataset, from store: Store) throws {
        training = try Self.images(of: dataset, split: .training, from: store).images
        validation =
            dataset.validationSamples > 0 ? try Self.images(of: dataset, split: .validation, from: store).images : nil
        (test, testSampleIDs) = try Self.images(of: dataset, split: .test, from: store)
    }

    /// Reads one split, and the keys of its samples in the database.
    package static func images(
        of dataset: StoredDataset, split: Split, from store: Store
    ) throws -> (images: LabeledImages, ids: [Int]) {
        let samples = try store.samples(of: dataset, split: split)
        let images = try LabeledImages(
            shape: dataset.description.imageShape, pixels: samples.pixels, labels: samples.labels,
            classes: dataset.description.classNames.count)
        return (images, samples.ids)
    }
}
