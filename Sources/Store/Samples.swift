import PostgreSQL

/// A sample to be looked at.
package struct SamplePicture: RowDecodable, Sendable {
    /// Its position in the split, from 0.
    package let index: Int
    package let className: String
    package let height: Int
    package let width: Int
    /// height × width intensities, row by row, for each channel.
    package let pixels: [UInt8]

    package init(row: Row) throws {
        index = try row["index"]
        className = try row["class_name"]
        height = try row["height"]
        width = try row["width"]
        pixels = try row["pixels"]
    }
}

/// A row of `Store.predictions`.
package struct PredictedSample: RowDecodable, Sendable {
    package let sample: SamplePicture
    package let predictedName: String
    package let isCorrect: Bool

    package init(row: Row) throws {
        sample = try SamplePicture(row: row)
        predictedName = try row["predicted_name"]
        isCorrect = try row["is_correct"]
    }
}

/// A row of `Store.misclassifiedSamples`.
package struct MissedSample: RowDecodable, Sendable {
    package let sample: SamplePicture
    package let predictedName: String
    /// The probability that the wrong class was given; `nil` where imported predictions do not tell it.
    package let confidence: Double?

    package init(row: Row) throws {
        sample = try SamplePicture(row: row)
        predictedName = try row["predicted_name"]
        confidence = try row["confidence"]
    }
}

/// A row of `Store.misclassifiedSamplesByCategory`.
package struct CategorizedSample: RowDecodable, Sendable {
    package let missed: MissedSample
    /// `nil` when it is in none, or that cannot be told.
    package let category: String?
    /// Whether all could be measured that the categories are about.
    package let isJudged: Bool

    package init(row: Row) throws {
        missed = try MissedSample(row: row)
        category = try row["category"]
        isJudged = try row["is_judged"]
    }
}

/// A row of `Store.hardestSamples`.
package struct HardSample: RowDecodable, Sendable {
    package let sample: SamplePicture
    /// The commonest wrong prediction.
    package let predictedName: String
    /// Share of the votes that miss it.
    package let missedShare: Double

    package init(row: Row) throws {
        sample = try SamplePicture(row: row)
        predictedName = try row["predicted_name"]
        missedShare = try row["missed_share"]
    }
}
