import PostgreSQL

// What is done to a run from outside its trainer.
extension Store {
    /// Takes a run from the queue, or asks its trainer to stop; one whose trainer has vanished ends at once.
    ///
    /// - Returns: The run's state now: `cancelled`, or `running` while its trainer is told.
    /// - Throws: `RunStateError` when it has ended already, or is unknown.
    public func cancel(run: Int) throws -> String {
        try connection.transaction {
            switch try lockedState(of: run) {
            case .queued, .abandoned:
                try endLostAttempt(of: run)
                _ = try connection.execute(
                    """
                    update registry.run
                       set state = 'cancelled',
                           lease_expires_at = null,
                           finished_at = now()
                     where run_id = $1
                    """, run)
                return "cancelled"
            case .running:
                _ = try connection.execute("update registry.run set cancel_requested = true where run_id = $1", run)
                return "running"
            case .ended(let state): throw RunStateError.ended(run: run, state: state)
            }
        }
    }

    /// Puts a run that failed, was cancelled or lost its trainer back into the queue; it goes on after its last stored
    /// epoch.
    ///
    /// - Throws: `RunStateError` when it is in no such state, or unknown.
    public func requeue(run: Int) throws {
        try connection.transaction {
            switch try lockedState(of: run) {
            case .ended("failed"), .ended("cancelled"), .abandoned: break
            case .queued: throw RunStateError.notResumable(run: run, state: "queued")
            case .running: throw RunStateError.notResumable(run: run, state: "running")
            case .ended(let state): throw RunStateError.notResumable(run: run, state: state)
            }
            try endLostAttempt(of: run)
            _ = try connection.execute(
                """
                update registry.run
                   set state = 'queued',
                       attempts = 0,
                       cancel_requested = false,
                       available_at = now(),
                       lease_expires_at = null,
                       finished_at = null
                 where run_id = $1
                """, run)
            try connection.notify(Self.queueChannel)
        }
    }

    private enum LockedState {
        case queued, running
        /// Running by its row, but its trainer has let the lease run out.
        case abandoned
        case ended(String)
    }

    private func lockedState(of run: Int) throws -> LockedState {
        let rows = try connection.query(
            "select state, lease_expires_at < now() as is_abandoned from registry.run where run_id = $1 for update",
            run)
        guard let row = rows.first else { throw RunStateError.unknown(run: run) }
        switch try row["state"] as String {
        case "queued": return .queued
        case "running": return try row["is_abandoned"] ? .abandoned : .running
        case let state: return .ended(state)
        }
    }

    /// Closes the attempt of a trainer that has vanished, if there is one.
    private func endLostAttempt(of run: Int) throws {
        _ = try connection.execute(
            """
            update registry.run_attempt
               set outcome = 'lost',
                   ended_at = now(),
                   error = 'The trainer did not renew its lease.'
             where run_id = $1
               and outcome is null
            """, run)
    }
}

/// What was asked of a run can't be done in the state that it is in.
public enum RunStateError: Error, Sendable, CustomStringConvertible {
    case unknown(run: Int)
    case ended(run: Int, state: String)
    case notResumable(run: Int, state: String)

    public var description: String {
        switch self {
        case .unknown(let run): "There is no run \(run). See: registry runs"
        case .ended(let run, let state):
            "Run \(run) has \(state == "succeeded" ? "succeeded" : "ended as \(state)") already."
        case .notResumable(let run, let state):
            "Run \(run) is \(state): only a run that failed, was cancelled or lost its trainer can be queued again."
        }
    }
}
