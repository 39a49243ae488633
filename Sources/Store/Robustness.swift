import PostgreSQL

/// A test of a model version on changed test images.
package struct EvaluationRecord: Sendable {
    /// What was done to the images.
    package var perturbation: String
    /// 0 for images as they are.
    package var strength: Double
    /// Mean cross-entropy, in nats.
    package var testLoss: Double
    package var testCorrect: Int
    /// The class predicted for each test sample, in order of index.
    package var predictions: [UInt16]
    package var seconds: Double

    package init(
        perturbation: String, strength: Double, testLoss: Double, testCorrect: Int, predictions: [UInt16],
        seconds: Double
    ) {
        self.perturbation = perturbation
        self.strength = strength
        self.testLoss = testLoss
        self.testCorrect = testCorrect
        self.predictions = predictions
        self.seconds = seconds
    }
}

/// A row of `Store.robustness`.
package struct RobustnessPoint: RowDecodable, Sendable {
    package let strength: Double
    package let testAccuracy: Double

    package init(row: Row) throws {
        strength = try row["strength"]
        testAccuracy = try row["test_accuracy"]
    }
}

/// A row of `Store.tolerances`: in this range of strengths at most one point of accuracy is lost.
package struct Tolerance: RowDecodable, Sendable {
    package let perturbation: String
    /// `nil` where no more than that is there to be lost.
    package let range: ClosedRange<Double>?

    package init(row: Row) throws {
        perturbation = try row["perturbation"]
        let (from, to): (Double?, Double?) = (try row["tolerated_from"], try row["tolerated_to"])
        range = if let from, let to, from <= to { from...to } else { nil }
    }
}

extension Store {
    /// Keeps an evaluation; one of the same change that is there already stays, because it has the same result.
    package func record(_ evaluation: EvaluationRecord, of version: StoredVersion) throws {
        _ = try connection.execute(
            """
            insert into registry.evaluation (model_id, number, perturbation, strength, test_loss, test_correct,
                                             test_samples, predictions, seconds)
            select model_id, $2, $3, $4, $5, $6, $7, $8, $9
              from registry.model
             where name = $1
                on conflict (model_id, number, perturbation, strength) do nothing
            """,
            version.model, version.number, evaluation.perturbation, evaluation.strength, evaluation.testLoss,
            evaluation.testCorrect, evaluation.predictions.count, evaluation.predictions.map(Int.init),
            evaluation.seconds)
    }

    /// Accuracy on changed test images, in order of strength.
    ///
    /// - Parameter perturbation: Only those of this kind.
    package func robustness(of version: StoredVersion, _ perturbation: String? = nil) throws -> Rows {
        try connection.query(
            """
            select perturbation, strength, test_accuracy, test_accuracy_lower, test_accuracy_upper, accuracy_lost,
                   test_loss, test_correct, test_samples
              from analysis.robustness
             where model = $1
               and version = $2
               and perturbation = coalesce($3, perturbation)
             order by perturbation, strength
            """, version.model, version.number, perturbation)
    }

    /// The range of strengths in which at most one point of accuracy is lost, one row per kind of change.
    package func tolerances(of version: StoredVersion) throws -> Rows {
        try connection.query(
            """
            select perturbation, tolerated_from, tolerated_to
              from analysis.tolerance
             where model = $1
               and version = $2
             order by perturbation
            """, version.model, version.number)
    }
}
