import PostgreSQL

/// What a new version has to fulfil to replace the one in production.
package struct GateConditions: Sendable {
    /// How much accuracy it may lose.
    package var margin: Double
    /// Of the loss's interval, two-sided, and of the guards' tests.
    package var level: Double
    package var minimumAccuracy: Double
    package var guards: [GateGuard]
    /// Indices of test samples that it has to classify correctly.
    package var mustPass: [Int]

    package init(
        margin: Double = 0.002, level: Double = 0.05, minimumAccuracy: Double = 0, guards: [GateGuard] = [],
        mustPass: [Int] = []
    ) {
        self.margin = margin
        self.level = level
        self.minimumAccuracy = minimumAccuracy
        self.guards = guards
        self.mustPass = mustPass
    }
}

/// Test samples on which a new version must not be significantly worse, written `label=4`, `class=four` or
/// `category=tilted`.
package struct GateGuard: Sendable, Hashable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        case label, `class`, category
    }

    package let kind: Kind
    package let value: String

    /// - Returns: `nil` for what is not written so.
    package init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty, let kind = Kind(rawValue: String(parts[0])) else { return nil }
        self.kind = kind
        value = String(parts[1])
    }

    package var description: String { "\(kind.rawValue)=\(value)" }
}

/// A decision of the gate.
package struct GateDecision: Sendable {
    package enum Outcome: String, Sendable {
        case promoted
        /// A check failed.
        case heldBack = "held back"
        /// A check could not be decided: the test samples are too few.
        case notShown = "not shown"
    }

    package let outcome: Outcome
    package let reason: String
    package let checks: [GateCheck]

    /// The check of a kind, as `production` or `best`, where there is one.
    package func check(_ name: String) -> GateCheck? { checks.first { $0.name == name } }
}

/// A row of `analysis.gate_checks`.
package struct GateCheck: RowDecodable, Sendable {
    /// Of accuracy, with the ends of its interval.
    package struct Loss: Sendable {
        package let value: Double
        package let lower: Double
        package let upper: Double
    }

    package let name: String
    package let subject: String
    package let outcome: String
    /// Test samples that are broken and mended; `nil` where nothing is compared.
    package let flips: (broken: Int, mended: Int)?
    package let loss: Loss?
    /// Further test samples that would decide; `nil` where it is decided, or none would.
    package let moreSamples: Int?
    /// Of the version that the new one is compared with.
    package let accuracyBefore: Double?
    package let reason: String

    package init(row: Row) throws {
        name = try row["check_name"]
        subject = try row["subject"]
        outcome = try row["outcome"]
        flips = if let broken: Int = try row["broken"] { (broken, try row["mended"]) } else { nil }
        loss =
            if let value: Double = try row["loss"] {
                Loss(value: value, lower: try row["loss_lower"], upper: try row["loss_upper"])
            } else {
                nil
            }
        moreSamples = try row["more_samples"]
        accuracyBefore = try row["accuracy_before"]
        reason = try row["reason"]
    }
}

extension Store {
    /// Whether a new version may replace the one in production.
    ///
    /// - Parameter missed: Indices of the candidate's test samples that production misses, where it was tested again on
    ///   them; `nil` where its own test was on the same.
    package func gate(
        _ candidate: StoredVersion, production: StoredVersion?, missed: [Int]?, _ conditions: GateConditions
    ) throws -> GateDecision {
        func call(_ function: StaticString) throws -> Rows {
            try connection.query(
                "select * from analysis.\(function)($1, $2, $3, $4::bigint[]::integer[], $5, $6, $7, $8, $9::bigint[]::integer[])",
                candidate.model, candidate.number, production?.number, missed, conditions.margin, conditions.level,
                conditions.minimumAccuracy, conditions.guards.map(\.description), conditions.mustPass)
        }
        let decided = try call("gate")[0]
        guard let outcome = GateDecision.Outcome(rawValue: try decided["outcome"]) else {
            throw UnknownOutcome(text: try decided["outcome"])
        }
        return GateDecision(
            outcome: outcome, reason: try decided["reason"], checks: try call("gate_checks").decoded())
    }

    /// - Throws: `NothingToGuard` for a guard, or a sample that must pass, which a data set does not have.
    package func check(_ conditions: GateConditions, on dataset: StoredDataset) throws {
        let description = dataset.description
        for wanted in conditions.guards {
            let isThere =
                switch wanted.kind {
                case .label: description.classNames.indices.contains { "\($0)" == wanted.value }
                case .class: description.classNames.contains(wanted.value)
                case .category:
                    !(try connection.query(
                        "select from analysis.error_category where category = $1 limit 1", wanted.value)).isEmpty
                }
            guard isThere else { throw NothingToGuard(wanted.description, dataset: description.name) }
        }
        if let index = conditions.mustPass.first(where: { !(0..<dataset.testSamples).contains($0) }) {
            throw NothingToGuard("test sample \(index)", dataset: description.name)
        }
    }
}

/// What is to be guarded, and is not in a data set.
package struct NothingToGuard: Error, Sendable, CustomStringConvertible {
    let what: String
    let dataset: String

    init(_ what: String, dataset: String) {
        self.what = what
        self.dataset = dataset
    }

    package var description: String { "The data set “\(dataset)” has no \(what)." }
}

/// What a newer schema may answer.
struct UnknownOutcome: Error, CustomStringConvertible {
    let text: String

    var description: String { "The database's gate decided “\(text)”, which this program does not know." }
}
