import PostgreSQL
import Samples

/// A split of a data set.
package struct StoredSplit: Sendable {
    package let dataset: StoredDataset
    package let split: Split

    package init(dataset: StoredDataset, split: Split) {
        self.dataset = dataset
        self.split = split
    }

    /// `mnist@1:test`.
    package var name: String { "\(dataset.name):\(split.rawValue)" }
}

extension Store {
    /// How differently each feature, and the balance of classes, is distributed in two splits, the largest index first;
    /// `size`: whether that counts; in every row the same `verdict`: whether the splits are alike, in a sentence.
    package func drift(from a: StoredSplit, to b: StoredSplit) throws -> Rows {
        try connection.query(
            """
            select feature, a_samples, b_samples, a_median, b_median, distance, p, adjusted_p, stability,
                   chance_stability, size, verdict
              from analysis.drift($1, $2, $3, $4)
             order by stability desc, feature
            """, a.dataset.id, a.split.rawValue, b.dataset.id, b.split.rawValue)
    }

    /// The classes of two splits, by name.
    package func classDrift(from a: StoredSplit, to b: StoredSplit) throws -> Rows {
        try connection.query(
            """
            select class_name, a_label, b_label, a_samples, b_samples, a_share, b_share, stability
              from analysis.class_drift($1, $2, $3, $4)
             order by a_label, b_label
            """, a.dataset.id, a.split.rawValue, b.dataset.id, b.split.rawValue)
    }
}
