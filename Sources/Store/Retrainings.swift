import PostgreSQL

/// A training that is to replace the version in production.
package struct Retraining: Sendable, Hashable {
    let id: Int
    /// The training.
    package let run: Int
    /// Whether it was asked for more than twelve hours ago.
    package let isOfAnEarlierNight: Bool
}

/// Where a retraining stands when it is asked for.
package enum RetrainingStart: Sendable {
    /// To be trained here: a new one, or one that a process before could not finish.
    case claimed(Retraining, ClaimedRun)
    /// Trained already, but nobody has decided yet.
    case trained(Retraining)
    /// Another process is at it.
    case busy(run: Int)
    /// This night's is over.
    case doneTonight(run: Int, outcome: String)
}

/// What became of a decision.
package enum DecisionFate: Sendable, Hashable {
    case stored
    /// Another version is in production by now than the one that was compared with; nothing is stored.
    case productionMoved
    /// Somebody has decided before, with this outcome.
    case decidedBefore(outcome: String)
}

extension Store {
    /// Begins the retraining of a model, or resumes one that was begun. A model has one at a time.
    ///
    /// - Parameters:
    ///   - production: The version in production.
    ///   - repeats: Whether to train again although that was done within the last twelve hours.
    ///   - request: What to train; asked for when a new training is needed.
    package func beginRetraining(
        of model: String, production: StoredVersion?, repeats: Bool, by executor: RunExecutor,
        request: () throws -> RunRequest
    ) throws -> RetrainingStart {
        try connection.transaction {
            let id: Int = try connection.query(
                "select model_id from registry.model where name = $1 for update", model)[0]["model_id"]
            if let start = try unfinishedRetraining(of: id, by: executor) { return start }
            let tonight = try connection.query(
                """
                select run_id, outcome
                  from registry.retraining
                 where model_id = $1
                   and requested_at > now() - interval '12 hours'
                   and outcome <> 'failed'
                 order by retraining_id desc
                 limit 1
                """, id)
            if !repeats, let row = tonight.first {
                return .doneTonight(run: try row["run_id"], outcome: try row["outcome"])
            }
            let claimed = try start(try request(), by: executor)
            let row = try connection.query(
                """
                insert into registry.retraining (model_id, run_id, production_number)
                values ($1, $2, $3)
                returning retraining_id
                """, id, claimed.lease.run, production?.number)[0]
            return .claimed(
                Retraining(id: try row["retraining_id"], run: claimed.lease.run, isOfAnEarlierNight: false), claimed)
        }
    }

    private func unfinishedRetraining(of model: Int, by executor: RunExecutor) throws -> RetrainingStart? {
        let rows = try connection.query(
            """
            select retraining_id, run_id, requested_at <= now() - interval '12 hours' as is_of_an_earlier_night
              from registry.retraining
             where model_id = $1
               and finished_at is null
            """, model)
        guard let row = rows.first else { return nil }
        let retraining = Retraining(
            id: try row["retraining_id"], run: try row["run_id"],
            isOfAnEarlierNight: try row["is_of_an_earlier_night"])
        if let claimed = try claim(run: retraining.run, by: executor) { return .claimed(retraining, claimed) }
        let state = try state(ofRun: retraining.run).state
        switch state {
        case .succeeded: return .trained(retraining)
        case .queued, .running, .abandoned: return .busy(run: retraining.run)
        case .failed, .cancelled, .diverged:
            try finish(retraining, outcome: "failed", reason: "the training ended as \(state)")
            return nil
        }
    }

    /// Ends a retraining; a version that passed becomes the one in production, in one transaction.
    ///
    /// - Parameter production: The version that the decision compared with.
    package func decide(
        _ retraining: Retraining, on version: StoredVersion, against production: StoredVersion?,
        _ decision: GateDecision
    ) throws -> DecisionFate {
        try connection.transaction {
            let decided: String? = try connection.query(
                "select outcome from registry.retraining where retraining_id = $1 for update", retraining.id)[0][
                    "outcome"]
            if let decided { return .decidedBefore(outcome: decided) }
            let current: Int? = try connection.query(
                """
                select number
                  from registry.model_alias
                  join registry.model using (model_id)
                 where model.name = $1
                   and alias = 'production'
                   for update of model_alias
                """, version.model
            ).first?["number"]
            guard current == production?.number else { return .productionMoved }
            if decision.outcome == .promoted { try set(alias: "production", to: version) }
            try finish(
                retraining, outcome: decision.outcome.rawValue, reason: decision.reason,
                productionNumber: production?.number)
            return .stored
        }
    }

    /// Ends a retraining that led to no version.
    package func fail(_ retraining: Retraining, reason: String) throws {
        try finish(retraining, outcome: "failed", reason: reason)
    }

    private func finish(
        _ retraining: Retraining, outcome: String, reason: String, productionNumber: Int? = nil
    ) throws {
        _ = try connection.execute(
            """
            update registry.retraining
               set outcome = $2,
                   reason = $3,
                   production_number = coalesce($4, production_number),
                   finished_at = now()
             where retraining_id = $1
               and finished_at is null
            """, retraining.id, outcome, reason, productionNumber)
    }

    /// The version that a run became.
    package func version(ofRun run: Int) throws -> StoredVersion? {
        guard let version = try state(ofRun: run).version else { return nil }
        return try resolve(version)
    }

    /// A seed that no run of a model had: the next above all, or any where there is none.
    package func unusedSeed(of model: String) throws -> UInt64 {
        let greatest: Int = try connection.query(
            """
            select coalesce(max((configuration #>> '{training,seed}')::bigint), 0) as seed
              from analysis.run
             where model = $1
            """, model)[0]["seed"]
        return UInt64(greatest < .max ? greatest + 1 : .random(in: 0..<(.max)))
    }
}
