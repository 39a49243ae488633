import PostgreSQL

// What is read of runs.
/// A row of `Store.epochs`.
public struct EpochResult: RowDecodable, Sendable {
    /// Training samples seen until its end, over all epochs.
    public let samplesSeen: Int
    public let trainingAccuracy: Double
    public let testAccuracy: Double
    public let testLoss: Double

    public init(row: Row) throws {
        samplesSeen = try row["samples_seen"]
        trainingAccuracy = try row["training_accuracy"]
        testAccuracy = try row["test_accuracy"]
        testLoss = try row["test_loss"]
    }
}

/// A row of `Store.lossCurve`.
public struct LossPoint: RowDecodable, Sendable {
    public let samplesSeen: Int
    public let loss: Double

    public init(row: Row) throws {
        samplesSeen = try row["samples_seen"]
        loss = try row["loss"]
    }
}

extension Store {
    /// The state of a run, what it became, and why it ended.
    ///
    /// - Throws: `RunStateError.unknown`.
    public func state(ofRun run: Int) throws -> (state: RunState, version: ModelReference?, failure: String?) {
        let rows = try connection.query(
            "select model, version, state, failure from analysis.run where run = $1", run)
        guard let row = rows.first else { throw RunStateError.unknown(run: run) }
        let (model, number): (String, Int?) = (try row["model"], try row["version"])
        return (
            try row["state"], number.map { ModelReference(model: model, selector: .number($0)) }, try row["failure"]
        )
    }

    /// The newest runs first.
    ///
    /// - Parameters:
    ///   - model: Only the runs of this model.
    ///   - dataset: Only those on it: `mnist` (any version) or `mnist@2`.
    /// - Throws: `NotFound` for a model or data set that is not there.
    public func runs(of model: String? = nil, on dataset: String? = nil, limit: Int) throws -> Rows {
        if let model { try checkIsKnown(model: model) }
        if let dataset { _ = try self.dataset(named: dataset) }
        return try connection.query(
            """
            select run, model, version, format('%s@%s', dataset, dataset_version) as dataset, state, epochs_finished,
                   epochs, test_samples, test_accuracy, test_loss, seconds, started_at, host, failure
              from analysis.run
             where model = coalesce($1, model)
               and coalesce($2 in (run.dataset, format('%s@%s', run.dataset, dataset_version)), true)
             order by run desc
             limit $3
            """, model, dataset, limit)
    }

    /// The run of a version; of a model without one, as when each of its runs diverged, its newest run.
    ///
    /// - Throws: `NotFound`.
    public func run(of reference: ModelReference) throws -> (name: String, number: Int) {
        do {
            let version = try resolve(reference)
            return ("\(version.reference)", version.run)
        } catch NotFound.modelVersion(_, newest: nil) where reference.selector == .newest {
            let run: Int = try connection.query(
                "select max(run) as run from analysis.run where model = $1", reference.model)[0]["run"]
            return ("\(reference.model), run \(run)", run)
        }
    }

    /// A run's epochs, in order.
    public func epochs(ofRun run: Int) throws -> Rows {
        try connection.query(
            """
            select epoch, learning_rate, training_loss, training_accuracy, test_loss, test_correct, test_accuracy,
                   training_seconds, test_seconds, samples_seen
              from analysis.epoch
             where run = $1
             order by epoch
            """, run)
    }

    /// The training loss of every hundredth batch, in order.
    public func lossCurve(ofRun run: Int) throws -> Rows {
        try connection.query(
            """
            select samples_seen, loss
              from analysis.loss_curve
             where run = $1
             order by samples_seen
            """, run)
    }

    /// The health of a run's layers, epoch by epoch.
    ///
    /// - Parameter epoch: Only that of this epoch.
    public func layerMetrics(ofRun run: Int, epoch: Int? = nil) throws -> Rows {
        try connection.query(
            """
            select epoch, layer, name, gradient_norm, dead_unit_share
              from analysis.layer_metric
             where run = $1
               and epoch = coalesce($2, epoch)
             order by epoch, layer
            """, run, epoch)
    }
}
