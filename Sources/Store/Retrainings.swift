import PostgreSQL

/// A training that is to replace the version in production.
public struct Retraining: Sendable, Hashable {
    let id: Int
    /// The training.
    public let run: Int
}

/// Where a retraining stands when it is asked for.
public enum RetrainingStart: Sendable {
    /// To be trained here: a new one, or one that a process before could not finish.
    case claimed(Retraining, ClaimedRun)
    /// Trained already, but nobody has decided yet.
    case trained(Retraining)
    /// Another process is at it.
    case busy(run: Int)
    /// This day's is over.
    case doneToday(run: Int, outcome: String)
}

/// A decision of the gate.
public struct GateDecision: Sendable, Hashable {
    public let passes: Bool
    /// Of McNemar's exact test.
    public let p: Double
    public let reason: String
}

extension Store {
    /// Begins the retraining of a model, or goes on with one that was begun. A model has one at a time.
    ///
    /// - Parameters:
    ///   - production: The version in production.
    ///   - repeats: Whether to train again although that was done today, by the database's calendar.
    ///   - request: What to train; asked for when a new training is needed.
    public func beginRetraining(
        of model: String, production: StoredVersion?, repeats: Bool, by executor: Executor,
        request: () throws -> RunRequest
    ) throws -> RetrainingStart {
        try connection.transaction {
            let id: Int = try connection.query(
                "select model_id from registry.model where name = $1 for update", model)[0]["model_id"]
            if let start = try unfinishedRetraining(of: id, by: executor) { return start }
            let today = try connection.query(
                """
                select run_id, outcome
                  from registry.retraining
                 where model_id = $1
                   and requested_at::date = current_date
                   and outcome <> 'failed'
                 order by retraining_id desc
                 limit 1
                """, id)
            if !repeats, let row = today.first {
                return .doneToday(run: try row["run_id"], outcome: try row["outcome"])
            }
            let claimed = try start(try request(), by: executor)
            let row = try connection.query(
                """
                insert into registry.retraining (model_id, run_id, production_number)
                values ($1, $2, $3)
                returning retraining_id
                """, id, claimed.lease.run, production?.number)[0]
            return .claimed(Retraining(id: try row["retraining_id"], run: claimed.lease.run), claimed)
        }
    }

    private func unfinishedRetraining(of model: Int, by executor: Executor) throws -> RetrainingStart? {
        let rows = try connection.query(
            """
            select retraining_id, run_id, run.state
              from registry.retraining
              join registry.run using (run_id)
             where retraining.model_id = $1
               and retraining.finished_at is null
            """, model)
        guard let row = rows.first else { return nil }
        let retraining = Retraining(id: try row["retraining_id"], run: try row["run_id"])
        switch try row["state"] as String {
        case "succeeded": return .trained(retraining)
        case "queued", "running":
            guard let claimed = try claim(run: retraining.run, by: executor) else { return .busy(run: retraining.run) }
            return .claimed(retraining, claimed)
        case let state:
            try finish(retraining, outcome: "failed", reason: "the training ended as \(state)")
            return nil
        }
    }

    /// Whether a new version may replace the old one.
    public func gate(
        onlyOldCorrect: Int, onlyNewCorrect: Int, newAccuracy: Double, level: Double, minimumAccuracy: Double
    ) throws -> GateDecision {
        let row = try connection.query(
            "select passes, p, reason from analysis.gate($1, $2, $3, $4, $5)",
            onlyOldCorrect, onlyNewCorrect, newAccuracy, level, minimumAccuracy)[0]
        return GateDecision(passes: try row["passes"], p: try row["p"], reason: try row["reason"])
    }

    /// Ends a retraining; a version that passed becomes the one in production, in one transaction.
    public func decide(_ retraining: Retraining, on version: StoredVersion, _ decision: GateDecision) throws {
        try connection.transaction {
            if decision.passes { try set(alias: "production", to: version) }
            try finish(retraining, outcome: decision.passes ? "promoted" : "held back", reason: decision.reason)
        }
    }

    /// Ends a retraining that led to no version.
    public func fail(_ retraining: Retraining, reason: String) throws {
        try finish(retraining, outcome: "failed", reason: reason)
    }

    private func finish(_ retraining: Retraining, outcome: String, reason: String) throws {
        _ = try connection.execute(
            """
            update registry.retraining
               set outcome = $2,
                   reason = $3,
                   finished_at = now()
             where retraining_id = $1
            """, retraining.id, outcome, reason)
    }

    /// The version that a run became.
    public func version(ofRun run: Int) throws -> StoredVersion? {
        guard let version = try state(ofRun: run).version else { return nil }
        return try resolve(version)
    }

    /// The greatest seed that a model was trained with.
    public func greatestSeed(of model: String) throws -> Int {
        try connection.query(
            """
            select coalesce(max((configuration #>> '{training,seed}')::bigint), 0) as seed
              from analysis.run
             where model = $1
            """, model)[0]["seed"]
    }

    /// The positions in the test split of the samples that a version misses.
    public func missedIndices(of version: StoredVersion) throws -> Set<Int> {
        Set(
            try connection.query(
                "select index from analysis.misclassified_sample where model = $1 and version = $2",
                version.model, version.number
            ).map { try $0["index"] as Int })
    }
}
