import Reporting
import Store

/// The classes and samples of a data set that are missed most often, over model versions.
package struct Hardest {
    package let dataset: StoredDataset
    /// Model versions that were tested on it.
    package let versions: Int
    package let architectures: Int
    package let classes: Table
    package let samples: Table
    /// Of the samples.
    package let pictures: [DigitPicture]

    /// - Throws: `NothingTested`.
    package init(of dataset: StoredDataset, _ filter: DifficultyFilter, limit: Int, in store: Store) throws {
        self.dataset = dataset
        (versions, architectures) = try store.testedVersions(on: dataset, filter)
        guard versions > 0 else { throw NothingTested(dataset: dataset.name, filter: filter) }
        classes = try DifficultyTables.classes(try store.hardestClasses(of: dataset, filter))
        let hard = try store.hardestSamples(of: dataset, filter, limit: limit)
        samples = try DifficultyTables.samples(hard)
        pictures = try hard.decoded(as: HardSample.self).map { hard in
            let share = Quantity.percent(hard.missedShare, places: 0)
            return try DigitPicture(
                hard.sample,
                captions: ["#\(hard.sample.index)", "\(hard.sample.className) → \(hard.predictedName)  \(share)"])
        }
    }

    package var json: JSONValue {
        [
            "dataset": .string(dataset.description.name), "dataset_version": .integer(dataset.version),
            "versions": .integer(versions), "architectures": .integer(architectures), "classes": classes.json,
            "samples": samples.json,
        ]
    }

    /// What the columns of `samples` mean.
    package static let legend =
        "taken for: the commonest wrong prediction; learned in epoch: after which it was first classified correctly, and "
        + "times forgotten: how often it was missed again later, both as means over versions; label doubt: the largest mean "
        + "probability that is given to one wrong class."
}

/// A class that a data set does not have.
package struct NoSuchClass: Error, Sendable, CustomStringConvertible {
    /// Its name or label.
    package let name: String
    package let dataset: String

    package init(_ name: String, dataset: String) {
        self.name = name
        self.dataset = dataset
    }

    package var description: String { "The data set “\(dataset)” has no class “\(name)”." }
}

/// No version that was asked for was tested on a data set.
package struct NothingTested: Error, Sendable, CustomStringConvertible {
    package let dataset: String
    /// What was asked for.
    package let filter: DifficultyFilter

    package var description: String {
        "No such model version has been tested on \(dataset) yet."
    }
}
