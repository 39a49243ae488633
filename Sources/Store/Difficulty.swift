import PostgreSQL

/// Which model versions and samples a question about difficulty is about; `nil` for all.
package struct DifficultyFilter: Sendable, Hashable {
    package var model: String?
    package var label: Int?
    /// Only versions registered from then on.
    package var since: Timestamp?
    /// Only versions registered before then.
    package var until: Timestamp?

    package init(model: String? = nil, label: Int? = nil, since: Timestamp? = nil, until: Timestamp? = nil) {
        self.model = model
        self.label = label
        self.since = since
        self.until = until
    }
}

extension Store {
    /// How many model versions, and of how many architectures, were tested on a data set's test split.
    package func testedVersions(
        on dataset: StoredDataset, _ filter: DifficultyFilter = DifficultyFilter()
    ) throws -> (versions: Int, architectures: Int) {
        let row = try connection.query(
            "select versions, architectures from analysis.tested_versions($1, $2, $3, $4)",
            dataset.id, filter.model, filter.since, filter.until)[0]
        return (try row["versions"], try row["architectures"])
    }

    /// The classes of a data set by error rate over model versions, one vote for each architecture; the hardest first.
    package func hardestClasses(
        of dataset: StoredDataset, _ filter: DifficultyFilter = DifficultyFilter()
    ) throws -> Rows {
        try connection.query(
            """
            select label, class_name, samples, missed_samples, error_rate, error_rate_lower, error_rate_upper
              from analysis.hard_classes($1, $2, $3::smallint, $4, $5)
             order by error_rate desc, label
            """, dataset.id, filter.model, filter.label, filter.since, filter.until)
    }

    /// The test samples that most versions get wrong, one vote for each architecture, with their pixels.
    ///
    /// When they were learned is known over all periods only, and by versions that were trained here.
    package func hardestSamples(
        of dataset: StoredDataset, _ filter: DifficultyFilter = DifficultyFilter(), limit: Int
    ) throws -> Rows {
        try connection.query(
            """
            with hard as materialized (
                select *
                  from analysis.hard_samples($1, $2, $3::smallint, $4, $5, $6)
            )
            select sample.index, hard.label, sample.class_name, hard.commonest_prediction,
                   coalesce(named.class_names[hard.commonest_prediction + 1],
                            -- A version may have learned more classes, with another data set of the same test split.
                            (select other.class_names[hard.commonest_prediction + 1]
                               from analysis.dataset as other
                              where other.test_split_id = named.test_split_id
                                and cardinality(other.class_names) > hard.commonest_prediction
                              order by other.dataset_id
                              limit 1)) as predicted_name,
                   hard.missed_by, hard.missed_share, hard.mean_confidence, learning.mean_learned_epoch,
                   learning.mean_forgotten, hard.label_doubt, sample.pixels, sample.height, sample.width
              from hard
              join analysis.sample
                on sample.sample_id = hard.sample_id
               and sample.dataset_id = $1
               and sample.split = 'test'
              join analysis.dataset as named
                on named.dataset_id = $1
              left join analysis.learning_of_samples($1, array(select sample_id from hard), $2) as learning
                on learning.sample_id = hard.sample_id
               and $4::timestamptz is null
               and $5::timestamptz is null
             order by hard.missed_share desc, hard.mean_confidence desc nulls last, hard.sample_id
            """, dataset.id, filter.model, filter.label, filter.since, filter.until, limit)
    }
}
