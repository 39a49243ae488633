import PostgreSQL

/// Two versions tested on the same samples: a row of `Store.comparisons`.
package struct VersionPair: RowDecodable, Sendable {
    /// B minus a, with the ends of its 95 % interval where there is one.
    package struct Difference: Sendable, Hashable {
        package let value: Double
        package let lower: Double?
        package let upper: Double?

        fileprivate init?(_ row: Row, _ column: String) throws {
            guard let value: Double = try row[column] else { return nil }
            self.value = value
            lower = try row["\(column)_lower"]
            upper = try row["\(column)_upper"]
        }
    }

    package let a: String
    package let b: String
    package let bothCorrect: Int
    package let onlyACorrect: Int
    package let onlyBCorrect: Int
    package let neitherCorrect: Int
    package let accuracyDifference: Difference?
    /// Of McNemar's test.
    package let exactP: Double
    package let midP: Double
    /// The exact p after Holm's correction for the number of pairs.
    package let adjustedP: Double
    /// Samples that the loss's difference is over; `nil` when each one's is not known of a version.
    package let lossSamples: Int?
    package let lossDifference: Difference?
    /// Which is better and how sure that is, in a sentence.
    package let verdict: String

    package init(row: Row) throws {
        a = try row["a"]
        b = try row["b"]
        bothCorrect = try row["both_correct"]
        onlyACorrect = try row["only_a_correct"]
        onlyBCorrect = try row["only_b_correct"]
        neitherCorrect = try row["neither_correct"]
        accuracyDifference = try Difference(row, "accuracy_difference")
        exactP = try row["mcnemar_exact_p"]
        midP = try row["mcnemar_mid_p"]
        adjustedP = try row["adjusted_p"]
        lossSamples = try row["loss_samples"]
        lossDifference = try Difference(row, "loss_difference")
        verdict = try row["verdict"]
    }
}
