import PostgreSQL

/// A split of a data set.
public struct StoredSplit: Sendable {
    public let dataset: StoredDataset
    public let split: Split

    public init(dataset: StoredDataset, split: Split) {
        self.dataset = dataset
        self.split = split
    }

    /// `mnist@1:test`.
    public var name: String { "\(dataset.description.name)@\(dataset.version):\(split.rawValue)" }
}

extension Store {
    /// How differently each feature is distributed in two splits, the largest shift first.
    public func featureDrift(from a: StoredSplit, to b: StoredSplit) throws -> Rows {
        try connection.query(
            """
            select feature, a_median, b_median, distance, distance_p, stability
              from analysis.feature_drift($1, $2, $3, $4)
             order by stability desc, feature
            """, a.dataset.id, a.split.rawValue, b.dataset.id, b.split.rawValue)
    }

    /// The classes of two splits.
    public func classDrift(from a: StoredSplit, to b: StoredSplit) throws -> Rows {
        try connection.query(
            """
            select label, a_samples, b_samples, a_share, b_share, stability
              from analysis.class_drift($1, $2, $3, $4)
             order by label
            """, a.dataset.id, a.split.rawValue, b.dataset.id, b.split.rawValue)
    }

    /// Whether two splits are alike, in a sentence, by the largest shift of features and classes.
    public func driftVerdict(features: Rows, classes: Rows) throws -> String {
        var shifts = try features.map { (name: try $0["feature"] as String, stability: try $0["stability"] as Double) }
        if let row = classes.first { shifts.append(("class balance", try row["stability"])) }
        let largest = shifts.max { $0.stability < $1.stability }
        return try connection.query(
            "select analysis.drift_verdict($1, $2) as verdict", largest?.name ?? "", largest?.stability ?? 0)[0][
                "verdict"]
    }
}
