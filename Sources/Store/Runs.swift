import PostgreSQL

// What is read of runs.
/// A row of `Store.epochs`.
package struct EpochResult: RowDecodable, Sendable {
    /// Training samples seen until its end, over all epochs.
    package let samplesSeen: Int
    package let trainingAccuracy: Double
    package let testAccuracy: Double
    package let testLoss: Double
    /// `nil` for a data set without a validation split, as is the next.
    package let validationAccuracy: Double?
    package let validationLoss: Double?

    package init(row: Row) throws {
        samplesSeen = try row["samples_seen"]
        trainingAccuracy = try row["training_accuracy"]
        testAccuracy = try row["test_accuracy"]
        testLoss = try row["test_loss"]
        validationAccuracy = try row["validation_accuracy"]
        validationLoss = try row["validation_loss"]
    }
}

/// A row of `Store.lossCurve`.
package struct LossPoint: RowDecodable, Sendable {
    package let samplesSeen: Int
    package let loss: Double

    package init(row: Row) throws {
        samplesSeen = try row["samples_seen"]
        loss = try row["loss"]
    }
}

/// A run as it is written on the command line: `run:12`, or the model version that it became (`mlp`, `mlp@3`).
package enum RunReference: Sendable, Hashable {
    case run(Int)
    case version(ModelReference)

    /// The number in `run:12`.
    ///
    /// - Returns: `nil` when the text is not of that form.
    package static func runNumber(_ text: String) -> Int? {
        guard text.hasPrefix("run:"), let number = Int(text.dropFirst(4)), number > 0, text == "run:\(number)" else {
            return nil
        }
        return number
    }
}

/// What a `RunReference` stands for.
package enum FoundRun: Sendable, Hashable {
    case version(StoredVersion)
    /// One that was asked for by its number, or became no version. The configuration is JSON.
    case run(Int, model: String, configuration: String, origin: Origin)

    package var number: Int {
        switch self {
        case .version(let version): version.run
        case .run(let number, _, _, _): number
        }
    }

    package var model: String {
        switch self {
        case .version(let version): version.model
        case .run(_, let model, _, _): model
        }
    }

    /// `mlp@3`, or `mlp, run 12`.
    package var name: String {
        switch self {
        case .version(let version): "\(version.reference)"
        case .run(let number, let model, _, _): "\(model), run \(number)"
        }
    }

    /// JSON of its configuration.
    package var configuration: String {
        switch self {
        case .version(let version): version.configuration
        case .run(_, _, let configuration, _): configuration
        }
    }

    package var origin: Origin {
        switch self {
        case .version(let version): version.origin
        case .run(_, _, _, let origin): origin
        }
    }
}

extension Store {
    /// The state of a run, what it became, and why it ended.
    ///
    /// - Throws: `RunStateError.unknown`.
    package func state(ofRun run: Int) throws -> (state: RunState, version: ModelReference?, failure: String?) {
        let rows = try connection.query(
            "select model, version, state, failure from analysis.run where run = $1", run)
        guard let row = rows.first else { throw RunStateError.unknown(run: run) }
        let (model, number): (String, Int?) = (try row["model"], try row["version"])
        return (
            try row["state"], number.map { ModelReference(model: model, selector: .number($0)) }, try row["failure"]
        )
    }

    /// The trainings, the newest first.
    ///
    /// - Parameters:
    ///   - model: Only the runs of this model.
    ///   - dataset: Only those on it: `mnist` (any version) or `mnist@2`.
    /// - Throws: `NotFound` for a model or data set that is not there.
    package func runs(of model: String? = nil, on dataset: String? = nil, limit: Int) throws -> Rows {
        if let model { try checkIsKnown(model: model) }
        if let dataset { _ = try self.dataset(named: dataset) }
        return try connection.query(
            """
            select run, model, version, format('%s@%s', dataset, dataset_version) as dataset, state, epochs_finished,
                   epochs, test_samples, test_accuracy, test_loss, seconds, started_at, host, failure
              from analysis.run
             where origin = 'trained'
               and model = coalesce($1, model)
               and coalesce($2 in (run.dataset, format('%s@%s', run.dataset, dataset_version)), true)
             order by run desc
             limit $3
            """, model, dataset, limit)
    }

    /// Finds what a reference stands for now; of a model without a version, as when each of its runs diverged, its newest
    /// run.
    ///
    /// - Throws: `NotFound`, or `RunStateError.unknown`.
    package func resolve(_ reference: RunReference) throws -> FoundRun {
        switch reference {
        case .run(let run): return try foundRun(run)
        case .version(let reference):
            do {
                return .version(try resolve(reference))
            } catch NotFound.modelVersion(_, newest: nil) where reference.selector == .newest {
                return try foundRun(
                    try connection.query(
                        "select max(run) as run from analysis.run where model = $1", reference.model)[0]["run"])
            }
        }
    }

    private func foundRun(_ run: Int) throws -> FoundRun {
        let rows = try connection.query(
            "select model, configuration::text as configuration, origin from analysis.run where run = $1", run)
        guard let row = rows.first else { throw RunStateError.unknown(run: run) }
        return .run(
            run, model: try row["model"], configuration: try row["configuration"], origin: try row["origin"])
    }

    /// What became of a run, in one row.
    package func summary(ofRun run: Int) throws -> Rows {
        try connection.query(
            """
            select run, model, version, dataset, dataset_version, state, failure, epochs_finished, epochs, training_loss,
                   test_loss, test_samples, test_correct, test_accuracy, parameters, multiply_adds, queued_at, started_at,
                   finished_at, seconds, host, processor, threads, program_version, producer, origin, parent
              from analysis.run
             where run = $1
            """, run)
    }

    /// A run's epochs, in order.
    package func epochs(ofRun run: Int) throws -> Rows {
        try connection.query(
            """
            select epoch, learning_rate, training_loss, training_accuracy, test_loss, test_correct, test_accuracy,
                   training_seconds, test_seconds, samples_seen, validation_loss, validation_accuracy
              from analysis.epoch
             where run = $1
             order by epoch
            """, run)
    }

    /// The training loss of every hundredth batch, in order.
    package func lossCurve(ofRun run: Int) throws -> Rows {
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
    package func layerMetrics(ofRun run: Int, epoch: Int? = nil) throws -> Rows {
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
