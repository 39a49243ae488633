import Reporting
import Store
import Trainer

/// A run that a daemon trains, watched from here.
struct DetachedRun {
    private let run: Int
    private let store: ReconnectingStore

    init(_ run: Int, connect: @escaping () throws -> Store) {
        self.run = run
        store = ForegroundTraining.store(connect: connect)
    }

    /// Waits until the run has ended.
    ///
    /// - Returns: The version that it became.
    /// - Throws: `DetachedRunEnded` when it ended without one.
    func end() async throws -> ModelReference? {
        while true {
            let (state, version, failure) = try store { try $0.state(ofRun: run) }
            switch state {
            case .queued, .running, .abandoned: try await Task.sleep(for: .milliseconds(200))
            case .succeeded: return version
            case .failed, .cancelled, .diverged: throw DetachedRunEnded(run: run, state: state, reason: failure)
            }
        }
    }
}

/// A run that was waited for became no version.
struct DetachedRunEnded: Failure {
    let run: Int
    let state: RunState
    let reason: String?

    var exitStatus: ExitStatus {
        switch state {
        case .cancelled: .interrupted
        case .diverged: .badInput
        default: .internalError
        }
    }
    var description: String { "Run \(run) ended as \(state)\(reason.map { ": \($0)" } ?? ".") See: registry runs" }
}
