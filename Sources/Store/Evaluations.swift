import PostgreSQL

extension Store {
    /// Which test samples both, one or neither of two versions classify rightly: one row.
    public func agreement(of a: StoredVersion, and b: StoredVersion) throws -> Rows {
        try connection.query(
            """
            select a_model, a_version, b_model, b_version,
                   both_correct, only_a_correct, only_b_correct, neither_correct
              from analysis.agreement
             where a_model = $1
               and a_version = $2
               and b_model = $3
               and b_version = $4
            """, a.model, a.number, b.model, b.number)
    }

    /// Test accuracy by class, a row a class.
    public func classAccuracy(of version: StoredVersion) throws -> Rows {
        try connection.query(
            """
            select label, class_name, samples, correct, accuracy
              from analysis.class_accuracy
             where model = $1
               and version = $2
             order by label
            """, version.model, version.number)
    }

    /// How often one class is taken for another, the commonest confusion first.
    public func confusions(of version: StoredVersion, limit: Int) throws -> Rows {
        try connection.query(
            """
            select label, predicted, samples, mean_confidence
              from analysis.confusion
             where model = $1
               and version = $2
             order by samples desc, label, predicted
             limit $3
            """, version.model, version.number, limit)
    }

    /// The misclassified test samples in order of index, with their pixels.
    public func misclassifiedSamples(of version: StoredVersion, limit: Int) throws -> Rows {
        try connection.query(
            """
            select index, label, predicted, confidence, loss, pixels, height, width
              from analysis.misclassified_sample
             where model = $1
               and version = $2
             order by index
             limit $3
            """, version.model, version.number, limit)
    }

    /// What a version predicts for the first test samples, with their pixels.
    public func predictions(of version: StoredVersion, limit: Int) throws -> Rows {
        try connection.query(
            """
            select index, label, predicted, is_correct, wrong_confidence, pixels, height, width
              from analysis.prediction
             where model = $1
               and version = $2
             order by index
             limit $3
            """, version.model, version.number, limit)
    }

    /// The classes of a data set by error rate over all model versions, the hardest first.
    public func hardestClasses(of dataset: StoredDataset) throws -> Rows {
        try connection.query(
            """
            select label, class_name, samples, versions, predictions, errors, error_rate
              from analysis.class_difficulty
             where dataset_id = $1
             order by error_rate desc, label
            """, dataset.id)
    }

    /// The test samples that most versions get wrong, with their pixels.
    public func hardestSamples(of dataset: StoredDataset, limit: Int) throws -> Rows {
        try connection.query(
            """
            select index, label, commonest_prediction, missed_by, versions, missed_share, mean_confidence,
                   pixels, height, width
              from analysis.sample_difficulty
             where dataset_id = $1
             order by missed_share desc, mean_confidence desc, index
             limit $2
            """, dataset.id, limit)
    }
}
