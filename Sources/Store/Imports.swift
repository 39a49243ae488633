import PostgreSQL

/// How what was imported does on all test samples of its data set.
package struct ImportedTest: Sendable {
    /// In nats, in order of index; `nil` where it is not known.
    package var losses: [Float?]
    /// In nats; `nil` unless the loss of each sample is known.
    package var meanLoss: Double?
    package var correct: Int
    package var misclassifications: [Misclassification]
    /// The health of the layers; empty for predictions alone.
    package var layerMetrics: [LayerMetric]

    package init(
        losses: [Float?], meanLoss: Double?, correct: Int, misclassifications: [Misclassification],
        layerMetrics: [LayerMetric] = []
    ) {
        self.losses = losses
        self.meanLoss = meanLoss
        self.correct = correct
        self.misclassifications = misclassifications
        self.layerMetrics = layerMetrics
    }
}

extension Store {
    /// Registers what was made elsewhere as a model's next version, in one transaction: a run of one epoch without a
    /// training, its test, and the version. The model's name is made if it is new.
    ///
    /// - Parameters:
    ///   - request: Its configuration has a `source`, or predictions' producer.
    ///   - weights: In safetensors form; `nil` for predictions alone.
    ///   - check: Told the test accuracy. When it throws, nothing is stored.
    /// - Returns: The new version.
    package func registerImport(
        _ request: RunRequest, _ test: ImportedTest, weights: [UInt8]?,
        check: (_ testAccuracy: Double) throws -> Void
    ) throws -> ModelReference {
        try connection.transaction {
            let row = try connection.query(
                """
                with named as (
                    insert into registry.model (name)
                    values ($1)
                        on conflict (name) do update
                       set last_version_number = model.last_version_number
                    returning model_id
                )
                insert into registry.run (model_id, dataset_id, configuration, parameter_count, multiply_adds, epochs, state,
                                          epochs_finished, finished_at)
                select model_id, $2, $3, $4, $5, 1, 'succeeded', 1, now()
                  from named
                returning run_id, model_id
                """, request.model, request.datasetID, request.configuration, request.parameterCount,
                request.multiplyAdds)[0]
            let (run, model): (Int, Int) = (try row["run_id"], try row["model_id"])
            _ = try connection.execute(
                """
                insert into registry.epoch_metric (run_id, epoch, test_loss, test_correct, test_samples)
                values ($1, 1, $2, $3, $4)
                """, run, test.meanLoss, test.correct, test.losses.count)
            _ = try connection.copy(into: "registry.test_loss", columns: ["run_id", "epoch", "losses"]) { writer in
                try writer.row { row in
                    row.int8(Int64(run))
                    row.int4(1)
                    row.float4Array(test.losses)
                }
            }
            try insert(test.layerMetrics, run: run, epoch: 1)
            try insert(test.misclassifications, run: run, epoch: 1)
            let reference = try registerVersion(of: model, run: run, epoch: 1, weights: weights)
            try check(
                try connection.query("select test_accuracy from analysis.model_version where run = $1", run)[0][
                    "test_accuracy"])
            return reference
        }
    }
}
