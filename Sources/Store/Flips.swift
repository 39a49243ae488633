import PostgreSQL

/// What a second version does otherwise than a first: only the first is right, only the second, or both are wrong in
/// different ways.
package enum Flip: String, CaseIterable, Sendable {
    case broken, mended, changed
}

/// A row of `Store.flips`.
package struct FlippedSample: RowDecodable, Sendable {
    /// A class, and the probability that it was given; `nil` where that is not known.
    package struct Answer: Sendable {
        package let className: String
        package let confidence: Double?
    }

    package let sample: SamplePicture
    package let change: String
    package let a: Answer
    package let b: Answer

    package init(row: Row) throws {
        sample = try SamplePicture(row: row)
        change = try row["change"]
        a = Answer(className: try row["a_predicted_name"], confidence: try row["a_confidence"])
        b = Answer(className: try row["b_predicted_name"], confidence: try row["b_confidence"])
    }
}

/// A row of `Store.seedFlips`: what a new seed of a version's recipe breaks anyway.
package struct SeedFlips: RowDecodable, Sendable {
    /// The same for versions that were trained alike; `nil` for imported predictions.
    package let recipe: [UInt8]?
    /// Trainings with the recipe, one for each seed.
    package let seeds: Int
    /// Ordered pairs of them.
    package let pairs: Int
    /// Test samples that one of a pair breaks of the other's; `nil` where there is no pair.
    package let broken: (mean: Double, least: Int, most: Int)?

    package init(row: Row) throws {
        recipe = try row["recipe"]
        seeds = try row["seeds"]
        pairs = try row["pairs"]
        broken =
            if let mean: Double = try row["mean_broken"] {
                (mean, try row["least_broken"], try row["most_broken"])
            } else {
                nil
            }
    }
}

extension Store {
    /// The test samples that `b` classifies otherwise than `a`, with their pixels: first those that it breaks, then those
    /// that it mends, then those that both miss in different ways; in order of index.
    package func flips(from a: StoredVersion, to b: StoredVersion, only: Flip? = nil, limit: Int) throws -> Rows {
        try connection.query(
            """
            select index, change, label, class_name, a_predicted, a_predicted_name, a_confidence,
                   b_predicted, b_predicted_name, b_confidence, pixels, height, width
              from analysis.flip
             where a_model = $1
               and a_version = $2
               and b_model = $3
               and b_version = $4
               and change = coalesce($5, change)
             order by array_position(array['broken', 'mended', 'changed'], change), index
             limit $6
            """, a.model, a.number, b.model, b.number, only?.rawValue, limit)
    }

    /// How many samples are broken, mended and changed, and which share that is of those that could be.
    package func flipCounts(from a: StoredVersion, to b: StoredVersion) throws -> Rows {
        try pairQuery("flip_counts", a, b)
    }

    /// The same by class, in order of the label.
    package func classFlips(from a: StoredVersion, to b: StoredVersion) throws -> Rows {
        try pairQuery("class_flips", a, b)
    }

    /// Which confusions come and go, the one with most changes first.
    package func confusionFlips(from a: StoredVersion, to b: StoredVersion, limit: Int) throws -> Rows {
        try connection.query(
            "select * from analysis.confusion_flips($1, $2, $3, $4) limit $5", a.model, a.number, b.model, b.number,
            limit)
    }

    /// What is broken, mended and changed by error category; at the end of the samples that are in none, and of those of
    /// which that cannot be told, which are not `is_judged`.
    package func categoryFlips(from a: StoredVersion, to b: StoredVersion) throws -> Rows {
        try pairQuery("category_flips", a, b)
    }

    /// How many test samples a new seed of a version's recipe breaks anyway; one row.
    package func seedFlips(of version: StoredVersion) throws -> Rows {
        try connection.query("select * from analysis.seed_flips($1, $2)", version.model, version.number)
    }

    private func pairQuery(_ function: StaticString, _ a: StoredVersion, _ b: StoredVersion) throws -> Rows {
        try connection.query("select * from analysis.\(function)($1, $2, $3, $4)", a.model, a.number, b.model, b.number)
    }
}
