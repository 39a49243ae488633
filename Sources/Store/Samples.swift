import PostgreSQL

/// A sample to be looked at.
public struct SamplePicture: RowDecodable, Sendable {
    /// Its position in the split, from 0.
    public let index: Int
    public let className: String
    public let height: Int
    public let width: Int
    /// height × width intensities, row by row, for each channel.
    public let pixels: [UInt8]

    public init(row: Row) throws {
        index = try row["index"]
        className = try row["class_name"]
        height = try row["height"]
        width = try row["width"]
        pixels = try row["pixels"]
    }
}

/// A row of `Store.predictions`.
public struct PredictedSample: RowDecodable, Sendable {
    public let sample: SamplePicture
    public let predictedName: String
    public let isCorrect: Bool

    public init(row: Row) throws {
        sample = try SamplePicture(row: row)
        predictedName = try row["predicted_name"]
        isCorrect = try row["is_correct"]
    }
}

/// A row of `Store.misclassifiedSamples`.
public struct MissedSample: RowDecodable, Sendable {
    public let sample: SamplePicture
    public let predictedName: String
    /// The probability that the wrong class was given; `nil` where imported predictions do not tell it.
    public let confidence: Double?

    public init(row: Row) throws {
        sample = try SamplePicture(row: row)
        predictedName = try row["predicted_name"]
        confidence = try row["confidence"]
    }
}

/// A row of `Store.misclassifiedSamplesByCategory`.
public struct CategorizedSample: RowDecodable, Sendable {
    public let missed: MissedSample
    /// `nil` when it is in none, or that cannot be told.
    public let category: String?
    /// Whether all could be measured that the categories are about.
    public let isJudged: Bool

    public init(row: Row) throws {
        missed = try MissedSample(row: row)
        category = try row["category"]
        isJudged = try row["is_judged"]
    }
}

/// A row of `Store.hardestSamples`.
public struct HardSample: RowDecodable, Sendable {
    public let sample: SamplePicture
    /// The commonest wrong prediction.
    public let predictedName: String
    /// Share of the votes that miss it.
    public let missedShare: Double

    public init(row: Row) throws {
        sample = try SamplePicture(row: row)
        predictedName = try row["predicted_name"]
        missedShare = try row["missed_share"]
    }
}
