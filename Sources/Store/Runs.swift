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
            returning run_id, pg_notify($7, '')
            """,
            request.model, request.datasetID, request.configuration, request.parameterCount, request.multiplyAdds,
            request.epochs, Self.queueChannel)[0]["run_id"]
    }

    /// Stores a finished epoch in one transaction: its metrics, the points of its loss curve, every misclassified sample,
    /// the checkpoint to go on from, the run's progress and the lease.
    ///
    /// Asking again after an answer was lost does no harm.
    ///
    /// - Parameters:
    ///   - checkpoint: In safetensors form; `nil` keeps none.
    ///   - divergence: Why this epoch was the last, where the training has diverged in it.
    /// - Throws: `LeaseLost` when the lease is not valid any more; then nothing is stored.
    public func record(
        _ epoch: EpochRecord, checkpoint: [UInt8]? = nil, divergence: String? = nil, under lease: Lease
    ) throws {
        try connection.transaction {
            let isHeld = try connection.execute(
                """
                update registry.run
                   set epochs_finished = $3,
                       attempts = 1,
                       lease_expires_at = now() + interval '30 seconds'
                 where run_id = $1
                   and fence = $2
                   and state = 'running'
                   and epochs_finished = $3 - 1
                """, lease.run, lease.fence, epoch.epoch)
            guard isHeld == 1 else {
                if try isStored(epoch: epoch.epoch, under: lease) { return }
                throw LeaseLost(run: lease.run)
            }
            try insert(epoch, under: lease)
            if let divergence {
                try removeCheckpoint(of: lease.run)
                try end(lease, as: .diverged(divergence))
            } else if let checkpoint {
                try storeCheckpoint(checkpoint, epoch: epoch.epoch, of: lease.run)
            }
        }
    }

    private func isStored(epoch: Int, under lease: Lease) throws -> Bool {
        try connection.query(
            """
            select epochs_finished = $3 and state in ('running', 'diverged') as is_stored
              from registry.run
             where run_id = $1
               and fence = $2
            """, lease.run, lease.fence, epoch
        ).first?["is_stored"] ?? false
    }

    /// Ends a run with its weights as the model's next version, in one transaction.
    ///
    /// Asking again after an answer was lost does no harm.
    ///
    /// - Parameter weights: The network after its last epoch, in safetensors form.
    /// - Throws: `LeaseLost` when the lease is not valid any more; then nothing is stored.
    public func succeed(_ lease: Lease, weights: [UInt8]) throws -> ModelReference {
        try connection.transaction {
            let rows = try connection.query(
                """
                update registry.run
                   set state = 'succeeded',
                       failure = null,
                       lease_expires_at = null,
                       finished_at = now()
                 where run_id = $1
                   and fence = $2
                   and state = 'running'
                returning model_id, epochs_finished
                """, lease.run, lease.fence)
            guard let row = rows.first else {
                if try outcome(of: lease) == "succeeded", let version = try state(ofRun: lease.run).version {
                    return version
                }
                throw LeaseLost(run: lease.run)
            }
            let epoch: Int = try row["epochs_finished"]
            try endAttempt(lease, "succeeded")
            try removeCheckpoint(of: lease.run)
            return try registerVersion(of: try row["model_id"], run: lease.run, epoch: epoch, weights: weights)
        }
    }

    /// The newest runs first.
    ///
    /// - Parameter model: Only the runs of this model.
    public func runs(of model: String? = nil, limit: Int) throws -> Rows {
        try connection.query(
            """
            select run, model, version, format('%s@%s', dataset, dataset_version) as dataset, state, epochs_finished,
                   epochs, test_samples, test_accuracy, test_loss, seconds, started_at, host, failure
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
