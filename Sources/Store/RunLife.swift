import PostgreSQL

/// A training that is asked for, or an import.
package struct RunRequest: Sendable {
    package var model: String
    package var datasetID: Int
    /// JSON object with all that determines the result.
    package var configuration: String
    /// `nil` for predictions alone, as is the next.
    package var parameterCount: Int?
    /// Of one sample, forward.
    package var multiplyAdds: Int?
    package var epochs: Int

    package init(
        model: String, datasetID: Int, configuration: String, parameterCount: Int?, multiplyAdds: Int?, epochs: Int
    ) {
        self.model = model
        self.datasetID = datasetID
        self.configuration = configuration
        self.parameterCount = parameterCount
        self.multiplyAdds = multiplyAdds
        self.epochs = epochs
    }
}

/// Everything that changes the state of a run; the rules are in `sql/functions/run-life.sql`.
extension Store {
    /// The channel on which waiting workers hear of new runs. It only saves them time: they look by themselves too.
    package static let queueChannel = "registry_queue"

    /// Queues a run; the model's name is made if it is new.
    ///
    /// - Returns: The run's number.
    package func enqueue(_ request: RunRequest) throws -> Int {
        try connection.query(
            """
            with named as (
                insert into registry.model (name)
                values ($1)
                    on conflict (name) do update
                   set last_version_number = model.last_version_number
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

    /// Queues a run and takes it, so that nobody else can in between.
    package func start(_ request: RunRequest, by executor: RunExecutor) throws -> ClaimedRun {
        try connection.transaction {
            let run = try enqueue(request)
            guard let claimed = try claim(run: run, by: executor) else { throw LeaseLost(run: run) }
            return claimed
        }
    }

    /// Takes the next run: one that a vanished trainer has left, else the first of the queue.
    ///
    /// - Parameter run: Only this one.
    /// - Returns: `nil` when there is none.
    /// - Throws: `SchemaError` when the schema has changed so that this program does not fit any more.
    package func claim(run: Int? = nil, by executor: RunExecutor) throws -> ClaimedRun? {
        try Schema.current.requireFit(connection)
        return try connection.query(
            """
            select run_id, fence, dataset_id, configuration::text as configuration, epochs_finished
              from registry.claim_run($1, $2, $3, $4, $5, $6)
            """,
            executor.worker, executor.host, executor.processor, executor.threads, executor.programVersion, run
        ).first.map(ClaimedRun.init)
    }

    /// Keeps a lease.
    ///
    /// - Returns: Whether the trainer has been asked to stop; `nil` when the lease is lost.
    package func renew(_ lease: Lease) throws -> Bool? {
        try connection.query(
            "select cancel_requested from registry.renew_lease($1, $2)", lease.run, lease.fence
        ).first.map { try $0["cancel_requested"] }
    }

    /// Stores a finished epoch in one transaction: its metrics, the points of its loss curve, every misclassified sample,
    /// the checkpoint to resume from, the run's progress and the lease.
    ///
    /// Asking again after an answer was lost does no harm.
    ///
    /// - Parameters:
    ///   - checkpoint: In safetensors form; `nil` keeps none.
    ///   - divergence: Why this epoch was the last, where the training has diverged in it.
    /// - Throws: `LeaseLost` when the lease is not valid any more; then nothing is stored.
    package func record(
        _ epoch: EpochRecord, checkpoint: [UInt8]? = nil, divergence: String? = nil, under lease: Lease
    ) throws {
        try connection.transaction {
            let progress: String = try connection.query(
                "select registry.advance_run($1, $2, $3) as progress", lease.run, lease.fence, epoch.epoch)[0][
                    "progress"]
            switch progress {
            case "advanced": break
            case "stored": return
            default: throw LeaseLost(run: lease.run)
            }
            try insert(epoch, under: lease)
            if let divergence {
                try removeCheckpoint(of: lease.run)
                try end(lease, as: .diverged(divergence))
            } else if let checkpoint {
                try storeCheckpoint(checkpoint, epoch: epoch.epoch, of: lease.run)
                // A large one may take as long as a lease, and nobody else could renew it meanwhile.
                _ = try renew(lease)
            }
        }
    }

    /// Forgets the epochs of a run that has no checkpoint to resume from.
    ///
    /// - Throws: `LeaseLost` when the lease is not valid any more; then nothing is changed.
    package func startOver(_ lease: Lease) throws {
        let isHeld: Bool = try connection.query(
            "select registry.start_over($1, $2) as is_held", lease.run, lease.fence)[0]["is_held"]
        guard isHeld else { throw LeaseLost(run: lease.run) }
    }

    /// Ends an attempt without a model version; what its finished epochs stored stays.
    ///
    /// Asking again after an answer was lost does no harm.
    ///
    /// - Throws: `LeaseLost` when the lease is not valid any more; then nothing is changed.
    package func end(_ lease: Lease, as failure: RunFailure) throws {
        let isHeld: Bool = try connection.query(
            "select registry.end_attempt($1, $2, $3, $4, $5) as is_held",
            lease.run, lease.fence, failure.outcome.rawValue, failure.reason, failure.isRetried)[0]["is_held"]
        guard isHeld else { throw LeaseLost(run: lease.run) }
    }

    /// Ends a run with its weights as the model's next version, in one transaction.
    ///
    /// Asking again after an answer was lost does no harm.
    ///
    /// - Parameter weights: The network after its last epoch, in safetensors form.
    /// - Throws: `LeaseLost` when the lease is not valid any more; then nothing is stored.
    package func succeed(_ lease: Lease, weights: [UInt8]) throws -> ModelReference {
        try connection.transaction {
            let rows = try connection.query(
                "select model_id, epoch from registry.succeed_run($1, $2)", lease.run, lease.fence)
            guard let row = rows.first else {
                if try outcome(of: lease) == .succeeded, let version = try state(ofRun: lease.run).version {
                    return version
                }
                throw LeaseLost(run: lease.run)
            }
            return try registerVersion(
                of: try row["model_id"], run: lease.run, epoch: try row["epoch"], weights: weights)
        }
    }

    /// How an attempt has ended; `nil` while it has not.
    private func outcome(of lease: Lease) throws -> AttemptOutcome? {
        try connection.query(
            "select outcome from registry.run_attempt where run_id = $1 and fence = $2", lease.run, lease.fence
        ).first?["outcome"]
    }

    /// Takes a run from the queue, or asks its trainer to stop; one whose trainer has vanished ends at once.
    ///
    /// - Returns: The run's state now: `cancelled`, or `running` until its trainer has stopped.
    /// - Throws: `RunStateError` when it has ended already, or is unknown.
    package func cancel(run: Int) throws -> RunState {
        let rows = try connection.query("select was, is_now from registry.cancel_run($1)", run)
        guard let row = rows.first else { throw RunStateError.unknown(run: run) }
        let (was, isNow): (RunState, RunState) = (try row["was"], try row["is_now"])
        switch was {
        case .queued, .running, .abandoned: return isNow
        case .succeeded, .failed, .cancelled, .diverged: throw RunStateError.ended(run: run, state: was)
        }
    }

    /// Queues a run again that failed, was cancelled or lost its trainer; it resumes after its last stored epoch.
    ///
    /// - Throws: `RunStateError` when it is in no such state, or unknown.
    package func requeue(run: Int) throws {
        let rows = try connection.query("select was from registry.requeue_run($1)", run)
        guard let row = rows.first else { throw RunStateError.unknown(run: run) }
        let was: RunState = try row["was"]
        switch was {
        case .failed, .cancelled, .abandoned: return
        case .queued, .running, .succeeded, .diverged: throw RunStateError.notResumable(run: run, state: was)
        }
    }
}
