import Reporting
import Store

/// What a version takes for what, and which kinds of images it misses.
package struct Errors {
    package let version: StoredVersion
    package let testSamples: Int
    package let misclassified: Int
    /// Error rates by kind of deviation; empty for data sets from before features were measured.
    package let categories: Table
    /// Misclassified samples in no category, and those of which that cannot be told; `nil` where one class is asked for.
    package let uncategorized: (unexplained: Int, unjudged: Int)?
    package let confusions: Table
    package let samples: Table
    /// Of the samples.
    package let pictures: [DigitPicture]

    /// - Parameters:
    ///   - label: Only of this true class.
    ///   - limit: Of confusions and of samples.
    package init(of version: StoredVersion, in store: Store, class label: Int? = nil, limit: Int) throws {
        self.version = version
        let classes = try store.classAccuracy(of: version).decoded(as: ClassAccuracy.self)
            .filter { label == nil || $0.label == label }
        testSamples = classes.map(\.samples).reduce(0, +)
        misclassified = testSamples - classes.map(\.correct).reduce(0, +)
        confusions = try Table(try store.confusions(of: version, class: label, limit: limit))
        let missed = try store.misclassifiedSamples(of: version, class: label, limit: limit)
        samples = try Table(missed)
        pictures = try missed.decoded(as: MissedSample.self).map { missed in
            let confidence = missed.confidence.map { "  \(Quantity.percent($0, places: 0))" } ?? ""
            return try DigitPicture(
                missed.sample,
                captions: [
                    "#\(missed.sample.index)", "\(missed.sample.className) → \(missed.predictedName)\(confidence)",
                ])
        }
        if let label {
            categories = try DifficultyTables.categories(try store.categoryErrors(of: version, class: label))
            uncategorized = nil
        } else {
            categories = try DifficultyTables.categories(try store.categoryErrors(of: version))
            uncategorized = try store.unexplainedErrors(of: version)
        }
    }

    package var json: JSONValue {
        [
            "model": .string(version.model), "version": .integer(version.number),
            "test_samples": .integer(testSamples), "misclassified": .integer(misclassified),
            "categories": categories.json, "unexplained": uncategorized.map { .integer($0.unexplained) } ?? .null,
            "unjudged": uncategorized.map { .integer($0.unjudged) } ?? .null,
            "confusions": confusions.json, "samples": samples.json,
        ]
    }

    /// What stands after the number of errors that could not be judged; empty when there are none.
    package static func unjudgedNote(_ count: Int) -> String {
        count == 0
            ? ""
            : " \(Quantity.count(count)) could not be judged: something could not be measured of the image, or of any "
                + "training image of its class."
    }
}
