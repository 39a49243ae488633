import NeuralNetwork
import Samples
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

    /// Reads all samples.
    package init(of dataset: StoredDataset, from store: Store) throws {
        training = try store.samples(of: dataset, split: .training).images
        validation = dataset.validationSamples > 0 ? try store.samples(of: dataset, split: .validation).images : nil
        (test, testSampleIDs) = try store.samples(of: dataset, split: .test)
    }
}
