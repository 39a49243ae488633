import PostgreSQL
import Reporting
import Store

/// A version that keeps no probability of any answer.
package struct NoConfidences: Error, Sendable, CustomStringConvertible {
    package let version: ModelReference

    package var description: String { "\(version): the probabilities of its answers are not known." }
}

/// Whether the probabilities that versions give to their answers mean what they say.
package struct Calibration {
    /// As many as a chart can tell apart, beside the diagonal.
    package static let mostVersions = Chart.distinctGroups - 1

    package let versions: [StoredVersion]
    private let errors: [CalibrationError]
    private let bins: Int
    private let binPoints: [[ReliabilityBin]]
    /// A row for each version.
    package let errorTable: Table
    /// A row for each version and bin.
    package let reliability: Table
    /// A row for each version and threshold.
    package let coverage: Table
    /// A row for each version and kind of threshold that has the error rate asked for.
    package let thresholds: Table

    /// - Parameters:
    ///   - versions: At least one.
    ///   - errorRate: The wished one of `thresholds`.
    /// - Throws: `NoConfidences`.
    package init(of versions: [StoredVersion], bins: Int, byMass: Bool, errorRate: Double, in store: Store) throws {
        self.versions = versions
        self.bins = bins
        func joined(_ rows: [Rows]) throws -> Table {
            let tables = try rows.map { try Table($0) }
            return Table(
                keys: ["model", "version"] + (tables.first?.keys ?? []),
                rows: zip(versions, tables).flatMap { version, table in
                    table.rows.map { [.string(version.model), .integer(version.number)] + $0 }
                }, styles: Self.styles, titles: Self.titles)
        }
        let errors = try versions.map { try store.calibrationError(of: $0, bins: bins) }
        self.errors = try zip(versions, errors).map { version, rows in
            guard let error = try rows.decoded(as: CalibrationError.self).first else {
                throw NoConfidences(version: version.reference)
            }
            return error
        }
        errorTable = try joined(errors)
        let reliability = try versions.map { try store.reliability(of: $0, bins: bins, byMass: byMass) }
        binPoints = try reliability.map { try $0.decoded() }
        self.reliability = try joined(reliability)
        coverage = try joined(try versions.map { try store.riskCoverage(of: $0) })
        thresholds = try joined(try versions.map { try store.confidenceThresholds(of: $0, errorRate: errorRate) })
    }

    /// The share that is right against the probability that was given.
    package var chart: Chart {
        let diagonal = [Chart.Point(x: 0, y: 0), Chart.Point(x: 1, y: 1)]
        return Chart(
            title: "Reliability of " + versions.map { "\($0.reference)" }.joined(separator: ", "),
            xTitle: "probability given to the answer", yTitle: "share that is right",
            series: zip(versions, binPoints).enumerated().map { group, one in
                Chart.Series(
                    name: "\(one.0.reference)", style: .markers, group: group,
                    points: one.1.map { Chart.Point(x: $0.meanConfidence, y: $0.accuracy) })
            } + [Chart.Series(name: "as it should be", style: .line, group: versions.count, points: diagonal)])
    }

    /// One row per figure, one column per version.
    package var lines: [[String]] {
        func line(_ title: String, _ value: (CalibrationError) -> String) -> [String] { [title] + errors.map(value) }
        func decimal(_ value: Double) -> String { Quantity.decimal(value, places: 4) }
        func interval(_ estimate: CalibrationError.Estimate) -> String {
            guard let lower = estimate.lower, let upper = estimate.upper else { return "–" }
            return "\(decimal(lower))–\(decimal(upper))"
        }
        return [
            [""] + versions.map { "\($0.reference)" },
            line("test samples") { Quantity.count($0.samples) },
            line("  probability not known") { Quantity.count($0.unknown) },
            line("accuracy") { decimal($0.accuracy) },
            line("mean probability of answers") { decimal($0.confidence) },
            line("calibration error, \(bins) equal widths") { decimal($0.ofWidth.value) },
            line("  95 % interval") { interval($0.ofWidth) },
            line("calibration error, \(bins) equal counts") { decimal($0.ofMass.value) },
            line("  95 % interval") { interval($0.ofMass) },
            line("Brier score of answers") { Quantity.decimal($0.brier, places: 5) },
            line("  reliability") { Quantity.decimal($0.reliability, places: 5) },
            line("  − resolution") { Quantity.decimal($0.resolution, places: 5) },
            line("  + uncertainty") { Quantity.decimal($0.uncertainty, places: 5) },
            line("mean loss, nats") { $0.meanLoss.map { Quantity.decimal($0, places: 5) } ?? "–" },
        ]
    }

    /// What the figures rest on.
    package static let basis =
        "Of the answers alone: the probability of a right one is e to the minus loss, that of a wrong one was kept."

    package var json: JSONValue {
        [
            "basis": .string("answers"), "errors": errorTable.json, "reliability": reliability.json,
            "coverage": coverage.json,
            "thresholds": thresholds.json,
        ]
    }

    private static let styles: [String: Table.Style] = [
        "confidence_from": .decimals(4), "confidence_to": .decimals(4), "mean_confidence": .decimals(4),
        "accuracy_lower": .decimals(4), "accuracy_upper": .decimals(4), "threshold": .decimals(6),
        "coverage": .percent, "risk": .percent, "risk_lower": .percent, "risk_upper": .percent,
    ]
    private static let titles = [
        "confidence_from": "from", "confidence_to": "to", "mean_confidence": "mean", "accuracy_lower": "95 % from",
        "accuracy_upper": "to", "risk": "error rate", "risk_lower": "95 % from", "risk_upper": "to",
        "is_shown": "interval, too",
    ]
}
