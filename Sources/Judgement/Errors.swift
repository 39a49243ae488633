import Reporting
import Store

/// What a version takes for what, and which kinds of images it misses.
public struct Errors {
    public let version: StoredVersion
    public let testSamples: Int
    public let misclassified: Int
    /// Error rates by kind of deviation; empty for data sets from before features were measured.
    public let categories: Table
    /// Misclassified samples in no category.
    public let unexplained: Int
    /// Those of which that cannot be told.
    public let unjudged: Int
    public let confusions: Table
    public let samples: Table
    /// Of the samples.
    public let pictures: [DigitPicture]

    /// - Parameter limit: Of confusions and of samples.
    public init(of version: StoredVersion, in store: Store, limit: Int) throws {
        self.version = version
        let summary = try store.summaries(of: [version]).decoded(as: VersionSummary.self)[0]
        (testSamples, misclassified) = (summary.testSamples, summary.misclassified)
        confusions = try Table(try store.confusions(of: version, limit: limit))
        let missed = try store.misclassifiedSamples(of: version, limit: limit)
        samples = try Table(missed)
        pictures = try missed.decoded(as: MissedSample.self).map { missed in
            let confidence = Quantity.percent(missed.confidence, places: 0)
            return try DigitPicture(
                missed.sample,
                captions: [
                    "#\(missed.sample.index)", "\(missed.sample.className) → \(missed.predictedName)  \(confidence)",
                ])
        }
        categories = try DifficultyTables.categories(try store.categoryErrors(of: version))
        (unexplained, unjudged) = try store.unexplainedErrors(of: version)
    }

    public var json: JSONValue {
        [
            "model": .string(version.model), "version": .integer(version.number),
            "test_samples": .integer(testSamples), "misclassified": .integer(misclassified),
            "categories": categories.json, "unexplained": .integer(unexplained), "unjudged": .integer(unjudged),
            "confusions": confusions.json, "samples": samples.json,
        ]
    }

    /// What stands after the number of errors that could not be judged; empty when there are none.
    public static func unjudgedNote(_ count: Int) -> String {
        count == 0
            ? ""
            : " \(Quantity.count(count)) could not be judged: something could not be measured of the image, or of any "
                + "training image of its class."
    }
}
