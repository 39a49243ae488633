import PostgreSQL

/// How far the probabilities of a version's answers are from being right: a row of `analysis.calibration_error`.
package struct CalibrationError: RowDecodable, Sendable {
    /// With the ends of its 95 % interval; these are `nil` for a single sample.
    package struct Estimate: Sendable {
        package let value: Double
        package let lower: Double?
        package let upper: Double?
    }

    /// Test samples whose answer's probability is known.
    package let samples: Int
    /// Those of which it is not.
    package let unknown: Int
    package let accuracy: Double
    /// Mean probability given to the answers.
    package let confidence: Double
    /// In bins of equal width.
    package let ofWidth: Estimate
    /// In bins of equally many samples.
    package let ofMass: Estimate
    package let brier: Double
    /// The parts of the Brier score: reliability − resolution + uncertainty.
    package let reliability: Double
    package let resolution: Double
    package let uncertainty: Double
    /// In nats; `nil` where the loss of some test sample is not known.
    package let meanLoss: Double?

    package init(row: Row) throws {
        func estimate(_ name: String) throws -> Estimate {
            Estimate(
                value: try row["\(name)_error"], lower: try row["\(name)_lower"], upper: try row["\(name)_upper"])
        }
        samples = try row["samples"]
        unknown = try row["unknown"]
        accuracy = try row["accuracy"]
        confidence = try row["confidence"]
        ofWidth = try estimate("width")
        ofMass = try estimate("mass")
        brier = try row["brier"]
        reliability = try row["reliability"]
        resolution = try row["resolution"]
        uncertainty = try row["uncertainty"]
        meanLoss = try row["nll"]
    }
}

/// A bin of the reliability diagram: a row of `Store.reliability`.
package struct ReliabilityBin: RowDecodable, Sendable {
    package let meanConfidence: Double
    package let accuracy: Double

    package init(row: Row) throws {
        meanConfidence = try row["mean_confidence"]
        accuracy = try row["accuracy"]
    }
}

extension Store {
    /// One row, or none where no answer's probability is known.
    package func calibrationError(of version: StoredVersion, bins: Int) throws -> Rows {
        try connection.query(
            "select * from analysis.calibration_error($1, $2, $3::bigint::integer) where samples > 0", version.model,
            version.number, bins)
    }

    /// Test samples by the probability that their answer is given, in bins of equal width or of equally many samples.
    package func reliability(of version: StoredVersion, bins: Int, byMass: Bool) throws -> Rows {
        try connection.query(
            "select * from analysis.reliability($1, $2, $3::bigint::integer, $4)", version.model, version.number, bins,
            byMass)
    }

    /// The error rate among the test samples of at least some confidence, for about twenty thresholds.
    package func riskCoverage(of version: StoredVersion) throws -> Rows {
        try connection.query("select * from analysis.risk_coverage($1, $2)", version.model, version.number)
    }

    /// From which confidence on errors are as rare as wished: as observed, and as the interval shows.
    package func confidenceThresholds(of version: StoredVersion, errorRate: Double) throws -> Rows {
        try connection.query(
            "select * from analysis.confidence_threshold($1, $2, $3)", version.model, version.number, errorRate)
    }
}
