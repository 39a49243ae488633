import PostgreSQL

/// One kind of fault of a data set: a row of `analysis.dataset_findings`.
package struct DatasetFinding: RowDecodable, Sendable {
    package let finding: String
    /// Images, pairs or classes; `nil` for near duplicates that were not searched for.
    package let cases: Int?
    /// Cases whose samples are in several splits; `nil` where that is not asked.
    package let acrossSplits: Int?

    package init(row: Row) throws {
        finding = try row["finding"]
        cases = try row["cases"]
        acrossSplits = try row["across_splits"]
    }
}

/// Two samples of a data set whose images are nearly the same, by their keys.
package struct NearDuplicate: Sendable, Hashable {
    /// The first of training, validation and test, then by index.
    package let earlierID: Int
    package let laterID: Int
    /// Of the luminance, as a share of its contrast: 0 for none.
    package let distance: Double

    package init(earlierID: Int, laterID: Int, distance: Double) {
        self.earlierID = earlierID
        self.laterID = laterID
        self.distance = distance
    }
}

extension Store {
    /// What is wrong with a data set, each kind in a row.
    package func findings(of dataset: StoredDataset) throws -> Rows {
        try connection.query(
            "select finding, cases, samples, across_splits, test_learned from analysis.dataset_findings($1)", dataset.id
        )
    }

    /// Images that several samples have, those in most splits first.
    package func duplicateImages(of dataset: StoredDataset, limit: Int?) throws -> Rows {
        try connection.query(
            """
            select places, class_names, has_several_labels, samples, training_samples, validation_samples, test_samples,
                   digest, sample_id
              from analysis.duplicate_images($1)
             order by has_several_labels desc, training_samples > 0 and test_samples > 0 desc, samples desc, sample_id
             limit $2
            """, dataset.id, limit)
    }

    /// Images that are nearly the same, the nearest first.
    package func nearDuplicates(of dataset: StoredDataset, limit: Int?) throws -> Rows {
        try connection.query(
            """
            select split, index, class_name, of_split, of_index, of_class_name, distance, sample_id, of_sample_id
              from analysis.near_duplicate
             where dataset_id = $1
             order by distance, sample_id, of_sample_id
             limit $2
            """, dataset.id, limit)
    }

    /// Images under two labels: first the same image, then the nearest ones.
    package func labelConflicts(of dataset: StoredDataset, limit: Int?) throws -> Rows {
        try connection.query(
            """
            select is_exact, split, index, class_name, of_split, of_index, of_class_name, distance, sample_id, of_sample_id
              from analysis.label_conflicts($1)
             order by is_exact desc, distance, sample_id, of_sample_id
             limit $2
            """, dataset.id, limit)
    }

    /// Images in which nothing varies.
    package func constantImages(of dataset: StoredDataset, limit: Int?) throws -> Rows {
        try connection.query(
            """
            select split, index, class_name, intensities, sample_id
              from analysis.constant_images($1)
             order by sample_id
             limit $2
            """, dataset.id, limit)
    }

    /// How unequal the classes are in each split.
    package func classImbalance(of dataset: StoredDataset) throws -> Rows {
        try connection.query(
            """
            select split, samples, classes, largest_class, largest_samples, smallest_class, smallest_samples, ratio,
                   effective_classes, absent_classes
              from analysis.class_imbalance($1)
            """, dataset.id)
    }

    /// Of each version that was trained and tested on the data set's splits, its accuracy with and without the test samples
    /// that are in training.
    package func leakedAccuracy(on dataset: StoredDataset) throws -> Rows {
        try connection.query("select * from analysis.leaked_accuracy($1)", dataset.id)
    }

    /// Samples of a data set with their pixels, by their keys.
    package func pictures(of dataset: StoredDataset, sampleIDs: [Int]) throws -> [Int: SamplePicture] {
        let rows = try connection.query(
            """
            select distinct on (sample_id) sample_id, index, class_name, pixels, height, width
              from analysis.sample
             where dataset_id = $1
               and sample_id = any ($2)
             order by sample_id
            """, dataset.id, sampleIDs)
        return Dictionary(
            try rows.map { (try $0["sample_id"] as Int, try SamplePicture(row: $0)) },
            uniquingKeysWith: { first, _ in first })
    }
}
