import PostgreSQL

/// A row of `Store.classAccuracy`.
package struct ClassAccuracy: RowDecodable, Sendable {
    package let label: Int
    package let className: String
    package let samples: Int
    package let correct: Int
    package let accuracy: Double

    package init(row: Row) throws {
        label = try row["label"]
        className = try row["class_name"]
        samples = try row["samples"]
        correct = try row["correct"]
        accuracy = try row["accuracy"]
    }
}

/// A row of `Store.classMeans`.
package struct ClassMean: RowDecodable, Sendable {
    package let metric: String
    /// `macro` or `weighted`.
    package let mean: String
    package let value: Double
    package let lower: Double
    package let upper: Double

    package init(row: Row) throws {
        metric = try row["metric"]
        mean = try row["mean"]
        value = try row["value"]
        lower = try row["lower"]
        upper = try row["upper"]
    }
}

/// A row of `Store.confusions`: how often one class is taken for another.
package struct Confusion: RowDecodable, Sendable {
    package let label: Int
    package let predicted: Int
    package let samples: Int

    package init(row: Row) throws {
        label = try row["label"]
        predicted = try row["predicted"]
        samples = try row["samples"]
    }
}

extension Store {
    /// Every pair of versions tested on the same samples: which of them both, one or neither classify correctly, whether
    /// the difference is chance, and a sentence that says so. In the order of the versions, the first of a pair first.
    package func comparisons(of versions: [StoredVersion]) throws -> Rows {
        try connection.query("select * from analysis.compare($1, $2)", versions.map(\.model), versions.map(\.number))
    }

    /// The loss of each test sample after the version's last epoch, in order of index; `nil` where it is not known of
    /// each: for imported predictions without probabilities, and versions that were trained before it was kept.
    package func testLosses(of version: StoredVersion) throws -> [Float]? {
        try connection.query(
            """
            select losses
              from analysis.test_loss
             where model = $1
               and version = $2
               and array_position(losses, null) is null
            """, version.model, version.number
        ).first?["losses"]
    }

    /// Accuracy (the class's recall), precision and F1 with their 95 % intervals, one row for each class that test samples
    /// have.
    package func classAccuracy(of version: StoredVersion) throws -> Rows {
        try connection.query(
            """
            select label, class_name, samples, correct,
                   recall as accuracy, recall_lower as accuracy_lower, recall_upper as accuracy_upper,
                   precision, precision_lower, precision_upper, f1, f1_lower, f1_upper
              from analysis.class_metric
             where model = $1
               and version = $2
               and samples > 0
             order by label
            """, version.model, version.number)
    }

    /// Macro and weighted means of precision, recall and F1 over the classes, with their 95 % intervals.
    package func classMeans(of version: StoredVersion) throws -> Rows {
        try connection.query(
            "select * from analysis.mean_class_metrics($1, $2)", version.model, version.number)
    }

    /// How often one class is taken for another, the commonest confusion first.
    ///
    /// - Parameter label: Only of this true class.
    package func confusions(of version: StoredVersion, class label: Int? = nil, limit: Int) throws -> Rows {
        try connection.query(
            """
            select label, class_name, predicted, predicted_name, samples, mean_confidence
              from analysis.confusion
             where model = $1
               and version = $2
               and label = coalesce($3, label)
             order by samples desc, label, predicted
             limit $4
            """, version.model, version.number, label, limit)
    }

    /// How often a version errs on samples that deviate from their class in a named way, the largest effect first.
    package func categoryErrors(of version: StoredVersion) throws -> Rows {
        try connection.query(
            """
            select category, samples, errors, error_rate, error_rate_outside, ratio, ratio_lower, ratio_upper, unjudged
              from analysis.category_errors($1, $2, $3)
             order by ratio desc nulls last, ratio_lower desc nulls last, category
            """, version.datasetID, version.model, version.number)
    }

    /// How often a version errs on the samples of one class that deviate from it in a named way, the largest rate first.
    package func categoryErrors(of version: StoredVersion, class label: Int) throws -> Rows {
        try connection.query(
            """
            select category, samples, errors, error_rate, error_rate_lower, error_rate_upper
              from analysis.category_class_error
             where model = $1
               and version = $2
               and label = $3
             order by error_rate desc, samples desc, category
            """, version.model, version.number, label)
    }

    /// Misclassified samples that deviate from their class in no named way, and those of which that cannot be told.
    package func unexplainedErrors(of version: StoredVersion) throws -> (unexplained: Int, unjudged: Int) {
        let row = try connection.query(
            "select unexplained, unjudged from analysis.unexplained_errors($1, $2, $3)", version.datasetID,
            version.model, version.number
        ).first
        return (try row?["unexplained"] ?? 0, try row?["unjudged"] ?? 0)
    }

    /// The misclassified test samples in order of index, with their pixels.
    ///
    /// - Parameter label: Only of this true class.
    package func misclassifiedSamples(of version: StoredVersion, class label: Int? = nil, limit: Int) throws -> Rows {
        try connection.query(
            """
            select index, label, class_name, predicted, predicted_name, confidence, loss, pixels, height, width
              from analysis.misclassified_sample
             where model = $1
               and version = $2
               and label = coalesce($3, label)
             order by index
             limit $4
            """, version.model, version.number, label, limit)
    }

    /// The misclassified test samples of each error category, those with the largest loss first (the largest
    /// confidence where it is not known), with their pixels; last, without a category, those that are in none, and those of which that cannot be told, which are not `is_judged`.
    ///
    /// - Parameter limit: Of each category.
    package func misclassifiedSamplesByCategory(of version: StoredVersion, limit: Int) throws -> Rows {
        try connection.query(
            "select * from analysis.misclassified_by_category($1, $2, $3)", version.model, version.number, limit)
    }

    /// What a version predicts for the first test samples, with their pixels.
    package func predictions(of version: StoredVersion, limit: Int) throws -> Rows {
        try connection.query(
            """
            select index, label, class_name, predicted, predicted_name, is_correct, wrong_confidence, pixels, height, width
              from analysis.prediction
             where model = $1
               and version = $2
             order by index
             limit $3
            """, version.model, version.number, limit)
    }

    /// A share and the ends of its 95 % interval; `samples` is above 0.
    package func accuracy(correct: Int, of samples: Int) throws -> (value: Double, lower: Double, upper: Double) {
        let row = try connection.query(
            """
            select $1::double precision / $2 as value, lower, upper
              from analysis.wilson_interval($1, $2)
            """, Double(correct), Double(samples))[0]
        return (try row["value"], try row["lower"], try row["upper"])
    }
}
