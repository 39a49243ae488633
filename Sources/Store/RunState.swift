import PostgreSQL

/// Where a run stands; the transitions are drawn in `sql/functions/run-life.sql`.
package enum RunState: String, Sendable, Hashable {
    case queued, running, succeeded, failed, cancelled, diverged
    /// Running by its row, but its trainer has let the lease expire.
    case abandoned
}

/// How an attempt at a run ended, as `registry.run_attempt` names it.
package enum AttemptOutcome: String, Sendable, Hashable {
    case succeeded, failed, cancelled, diverged, released, lost
}

/// How a run, or an attempt at it, ends without a model version.
package enum RunFailure: Sendable, Hashable {
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

    var outcome: AttemptOutcome {
        switch self {
        case .cancelled: .cancelled
        case .failed, .failedAttempt: .failed
        case .diverged: .diverged
        case .released: .released
        }
    }

    var isRetried: Bool {
        if case .failedAttempt = self { true } else { false }
    }
}

/// What was asked of a run can't be done in the state that it is in.
package enum RunStateError: Error, Sendable, CustomStringConvertible {
    case unknown(run: Int)
    case ended(run: Int, state: RunState)
    case notResumable(run: Int, state: RunState)

    package var description: String {
        switch self {
        case .unknown(let run): "There is no run \(run)."
        case .ended(let run, .succeeded): "Run \(run) has succeeded already."
        case .ended(let run, let state): "Run \(run) has ended as \(state) already."
        case .notResumable(let run, let state):
            "Run \(run) is \(state): only a run that failed, was cancelled or lost its trainer can be queued again."
        }
    }
}

extension RunState: PostgreSQLDecodable {}
extension AttemptOutcome: PostgreSQLDecodable {}
