import Reporting
import Store

extension StoredDataset {
    /// One line per property, with name and value.
    package var lines: [[String]] {
        [
            ["data set", name],
            ["training samples", Quantity.count(trainingSamples)],
            ["validation samples", Quantity.count(validationSamples)],
            ["test samples", Quantity.count(testSamples)],
            ["classes", Quantity.count(description.classNames.count)],
            ["image", "\(description.shape) (channels × height × width)"],
            ["training mean", Quantity.number(description.trainingMean)],
            ["training deviation", Quantity.number(description.trainingStandardDeviation)],
            ["source", description.source],
            ["licence", description.licence],
            ["fingerprint", fingerprint],
        ]
    }

    /// The same in one row, for programs.
    package var table: Table {
        Table([
            ("dataset", .string(description.name)), ("dataset_version", .integer(version)),
            ("training_samples", .integer(trainingSamples)), ("validation_samples", .integer(validationSamples)),
            ("test_samples", .integer(testSamples)),
            ("channels", .integer(description.shape.channels)), ("height", .integer(description.shape.height)),
            ("width", .integer(description.shape.width)), ("training_mean", .number(description.trainingMean)),
            ("training_standard_deviation", .number(description.trainingStandardDeviation)),
            ("source", .string(description.source)), ("licence", .string(description.licence)),
            ("fingerprint", .string(fingerprint)),
        ])
    }
}
