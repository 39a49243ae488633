import PostgreSQL

/// The process that executes a run, as the run's row describes it.
public struct Executor: Sendable, Hashable {
    /// Host, process id and number of the worker in the process.
    public var worker: String
    /// The machine's name in the network.
    public var host: String
    /// The processor's model name.
    public var processor: String
    /// Worker threads of the engine.
    public var threads: Int
    /// This program's version.
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

/// A run that this process may execute.
public struct ClaimedRun: Sendable, Hashable {
    /// What every write to it is guarded by.
    public let lease: Lease
    /// Key of the data set to learn.
    public let datasetID: Int
    /// JSON object with all that determines the result.
    public let configuration: String
    /// Above 0 where another trainer began.
    public let epochsFinished: Int

    init(_ row: Row) throws {
        lease = Lease(run: try row["run_id"], fence: try row["fence"])
        datasetID = try row["dataset_id"]
        configuration = try row["configuration"]
        epochsFinished = try row["epochs_finished"]
    }
}

/// The run belongs to another trainer by now, or has ended: this trainer must stop and can write nothing.
public struct LeaseLost: Error, Sendable, CustomStringConvertible {
    public let run: Int

    public init(run: Int) {
        self.run = run
    }

    public var description: String {
        "Run \(run) was ended or taken over elsewhere; this process stops training it. See: registry runs"
    }
}

/// How a run, or an attempt at it, ends without a model version.
public enum RunFailure: Sendable, Hashable {
    case cancelled
    /// For good.
    case failed(String)
    case diverged(String)
    /// Tried again later, with growing pauses, unless this was the last of the attempts that it has.
    case failedAttempt(String)
    /// Given back by a trainer that has to stop; does not count as an attempt.
    case released

    var reason: String? {
        switch self {
        case .cancelled, .released: nil
        case .failed(let reason), .diverged(let reason), .failedAttempt(let reason): reason
        }
    }

    /// As `registry.run_attempt` names it.
    var outcome: String {
        switch self {
        case .cancelled: "cancelled"
        case .failed, .failedAttempt: "failed"
        case .diverged: "diverged"
        case .released: "released"
        }
    }
}

extension Store {
    /// The channel on which waiting workers are told of new runs. It only saves them time: they look by themselves too.
    public static let queueChannel = "registry_queue"

    /// Takes the next run: one that a vanished trainer has left, else the first of the queue.
    ///
    /// - Parameter run: Only this one.
    /// - Returns: `nil` when there is none.
    /// - Throws: `SchemaError` when the schema has changed so that this program does not fit any more.
    public func claim(run: Int? = nil, by executor: Executor) throws -> ClaimedRun? {
        try Schema.current.requireFit(connection)
        return try connection.query(
            """
            select run_id, fence, dataset_id, configuration::text as configuration, epochs_finished
              from registry.claim_run($1, $2, $3, $4, $5, $6)
            """,
            executor.worker, executor.host, executor.processor, executor.threads, executor.programVersion, run
        ).first.map(ClaimedRun.init)
    }

    /// Queues a run and takes it, so that nobody else can in between.
    public func start(_ request: RunRequest, by executor: Executor) throws -> ClaimedRun {
        try connection.transaction {
            let run = try enqueue(request)
            guard let claimed = try claim(run: run, by: executor) else { throw LeaseLost(run: run) }
            return claimed
        }
    }

    /// Keeps a lease for another 30 seconds.
    ///
    /// - Returns: Whether the trainer has been asked to stop; `nil` when the lease is lost.
    public func renew(_ lease: Lease) throws -> Bool? {
        try connection.query(
            """
            update registry.run
               set lease_expires_at = clock_timestamp() + interval '30 seconds'
             where run_id = $1
               and fence = $2
               and state = 'running'
            returning cancel_requested
            """, lease.run, lease.fence
        ).first.map { try $0["cancel_requested"] }
    }

    /// Ends an attempt without a model version; what its finished epochs stored stays.
    ///
    /// Asking again after an answer was lost does no harm.
    ///
    /// - Throws: `LeaseLost` when the lease is not valid any more; then nothing is changed.
    public func end(_ lease: Lease, as failure: RunFailure) throws {
        try connection.transaction {
            let rows = try connection.query(
                """
                update registry.run
                   set state = ended.state,
                       failure = $4,
                       attempts = case $3 when 'released' then greatest(attempts - 1, 0) else attempts end,
                       available_at = now() + case $3
                                                  when 'released' then interval '0'
                                                  else registry.retry_pause(attempts)
                                              end,
                       lease_expires_at = null,
                       finished_at = case when ended.state <> 'queued' then now() end
                  from (select case
                                   when $3 <> 'released' and not ($3 = 'failed' and $5 and attempts < maximum_attempts)
                                       then $3
                                   when cancel_requested then 'cancelled'
                                   else 'queued'
                               end as state
                          from registry.run
                         where run_id = $1) as ended
                 where run_id = $1
                   and fence = $2
                   and run.state = 'running'
                returning 1 as one
                """,
                lease.run, lease.fence, failure.outcome, failure.reason, failure.isRetried)
            guard !rows.isEmpty else {
                if try outcome(of: lease) == failure.outcome { return }
                throw LeaseLost(run: lease.run)
            }
            try endAttempt(lease, failure.outcome, error: failure.reason)
        }
    }

    func endAttempt(_ lease: Lease, _ outcome: String, error: String? = nil) throws {
        _ = try connection.execute(
            """
            update registry.run_attempt
               set outcome = $3,
                   ended_at = now(),
                   error = $4
             where run_id = $1
               and fence = $2
            """, lease.run, lease.fence, outcome, error)
    }

    /// How an attempt has ended; `nil` while it has not.
    func outcome(of lease: Lease) throws -> String? {
        try connection.query(
            "select outcome from registry.run_attempt where run_id = $1 and fence = $2", lease.run, lease.fence
        ).first?["outcome"]
    }

    /// The state of a run, what it became, and why it ended.
    ///
    /// - Throws: `RunStateError.unknown`.
    public func state(ofRun run: Int) throws -> (state: String, version: ModelReference?, failure: String?) {
        let rows = try connection.query(
            "select model, version, state, failure from analysis.run where run = $1", run)
        guard let row = rows.first else { throw RunStateError.unknown(run: run) }
        let (model, number): (String, Int?) = (try row["model"], try row["version"])
        return (
            try row["state"], number.map { ModelReference(model: model, selector: .number($0)) }, try row["failure"]
        )
    }

    /// The runs that wait or are being trained, those that are next first.
    public func jobs() throws -> Rows {
        try connection.query(
            """
            select run, model, dataset, state, epochs_finished, epochs, attempts, worker, lease_expires_at, is_abandoned,
                   cancel_requested, available_at, failure
              from analysis.job
             order by state desc, available_at, run
            """)
    }

    /// Whether nothing waits, not even for the end of a pause.
    public func isQueueEmpty() throws -> Bool {
        try connection.query("select not exists (select from registry.run where state = 'queued') as is_empty")[0][
            "is_empty"]
    }

    /// The length of the queue.
    public func queue() throws -> Row {
        try connection.query("select queued, delayed, running, abandoned, oldest_wait_seconds from analysis.queue")[0]
    }
}

extension RunFailure {
    fileprivate var isRetried: Bool {
        if case .failedAttempt = self { true } else { false }
    }
}
