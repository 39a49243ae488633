import PostgreSQL

/// A training that is asked for.
public struct RunRequest: Sendable {
    public var model: String
    public var datasetID: Int
    /// JSON object with all that determines the result.
    public var configuration: String
    public var parameterCount: Int
    /// Of one sample, forward.
    public var multiplyAdds: Int
    public var epochs: Int

    public init(
        model: String, datasetID: Int, configuration: String, parameterCount: Int, multiplyAdds: Int, epochs: Int
    ) {
        self.model = model
        self.datasetID = datasetID
        self.configuration = configuration
        self.parameterCount = parameterCount
        self.multiplyAdds = multiplyAdds
        self.epochs = epochs
    }
}

/// The process that executes a run, as the run's row describes it.
public struct Executor: Sendable, Hashable {
    /// Host and process id.
    public var worker: String
    public var host: String
    public var processor: String
    public var threads: Int
    public var programVersion: String

    public init(worker: String, host: String, processor: String, threads: Int, programVersion: String) {
        self.worker = worker
        self.host = host
        self.processor = processor
        self.threads = threads
        self.programVersion = programVersion
    }
}

/// The right to write to a run: valid while no later claim has raised the run's fencing number.
public struct Lease: Sendable, Hashable {
    public let run: Int
    public let fence: Int
}

/// The run belongs to another trainer by now, or has ended: this trainer must stop and can write nothing.
public struct LeaseLost: Error, Sendable, CustomStringConvertible {
    public let run: Int

    public var description: String {
        "Run \(run) was ended or taken over elsewhere; this process stops training it. See: registry runs"
    }
}

/// How a run ends without a model version.
public enum RunFailure: Sendable {
    case cancelled
    case failed(String)
    case diverged(String)

    var state: String {
        switch self {
        case .cancelled: "cancelled"
        case .failed: "failed"
        case .diverged: "diverged"
        }
    }

    var reason: String? {
        switch self {
        case .cancelled: nil
        case .failed(let reason), .diverged(let reason): reason
        }
    }
}

extension Store {
    /// Queues a run; the model's name is made if it is new.
    ///
    /// - Returns: The run's number.
    public func enqueue(_ request: RunRequest) throws -> Int {
        try connection.query(
            """
            with named as (
                insert into registry.model (name)
                values ($1)
                    on conflict (name) do update
                   set name = excluded.name
                returning model_id
            )
            insert into registry.run (model_id, dataset_id, configuration, parameter_count, multiply_adds, epochs)
            select model_id, $2, $3, $4, $5, $6
              from named
            returning run_id
            """,
            request.model, request.datasetID, request.configuration, request.parameterCount, request.multiplyAdds,
            request.epochs)[0]["run_id"]
    }

    /// Takes a queued run and raises its fencing number.
    ///
    /// - Throws: `LeaseLost` when the run is not queued any more.
    public func claim(run: Int, by executor: Executor) throws -> Lease {
        let rows = try connection.query(
            """
            update registry.run
               set state = 'running',
                   attempts = attempts + 1,
                   fence = fence + 1,
                   lease_expires_at = now() + interval '30 seconds',
                   started_at = coalesce(started_at, now()),
                   worker = $2,
                   host = $3,
                   processor = $4,
                   threads = $5,
                   program_version = $6
             where run_id = $1
               and state = 'queued'
            returning fence
            """,
            run, executor.worker, executor.host, executor.processor, executor.threads, executor.programVersion)
        guard let row = rows.first else { throw LeaseLost(run: run) }
        return Lease(run: run, fence: try row["fence"])
    }

    /// Stores a finished epoch in one transaction: its metrics, the points of its loss curve, every misclassified sample,
    /// and the run's progress.
    ///
    /// - Throws: `LeaseLost` when the lease is not valid any more; then nothing is stored.
    public func record(_ epoch: EpochRecord, under lease: Lease) throws {
        try connection.transaction {
            let isHeld = try connection.execute(
                """
                update registry.run
                   set epochs_finished = $3,
                       lease_expires_at = now() + interval '30 seconds'
                 where run_id = $1
                   and fence = $2
                   and state = 'running'
                """, lease.run, lease.fence, epoch.epoch)
            guard isHeld == 1 else { throw LeaseLost(run: lease.run) }
            try insert(epoch, of: lease.run)
        }
    }

    /// Ends a run with its weights as the model's next version, in one transaction.
    ///
    /// - Parameter weights: The network after its last epoch, in safetensors form.
    /// - Throws: `LeaseLost` when the lease is not valid any more; then nothing is stored.
    public func succeed(_ lease: Lease, weights: [UInt8]) throws -> ModelReference {
        try connection.transaction {
            let rows = try connection.query(
                """
                update registry.run
                   set state = 'succeeded',
                       lease_expires_at = null,
                       finished_at = now()
                 where run_id = $1
                   and fence = $2
                   and state = 'running'
                returning model_id, epochs_finished
                """, lease.run, lease.fence)
            guard let row = rows.first else { throw LeaseLost(run: lease.run) }
            let epoch: Int = try row["epochs_finished"]
            return try registerVersion(of: try row["model_id"], run: lease.run, epoch: epoch, weights: weights)
        }
    }

    /// Ends a run without a model version; what its finished epochs stored stays.
    public func end(_ lease: Lease, as failure: RunFailure) throws {
        let isHeld = try connection.execute(
            """
            update registry.run
               set state = $3,
                   failure = $4,
                   lease_expires_at = null,
                   finished_at = now()
             where run_id = $1
               and fence = $2
               and state = 'running'
            """, lease.run, lease.fence, failure.state, failure.reason)
        guard isHeld == 1 else { throw LeaseLost(run: lease.run) }
    }

    /// The newest runs first.
    ///
    /// - Parameter model: Only the runs of this model.
    public func runs(of model: String? = nil, limit: Int) throws -> Rows {
        try connection.query(
            """
            select run, model, version, dataset, state, epochs_finished, epochs, test_accuracy, test_loss, seconds,
                   started_at, host, failure
              from analysis.run
             where model = coalesce($1, model)
             order by run desc
             limit $2
            """, model, limit)
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
    public func lossCurve(of version: StoredVersion) throws -> Rows {
        try connection.query(
            """
            select samples_seen, loss
              from analysis.loss_curve
             where run = $1
             order by samples_seen
            """, version.run)
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
