import Synchronization

/// The end of a daemon: it is requested once, and then follows the clock through its phases.
package final class Shutdown: Sendable {
    /// What happens from when on. A daemon promises to end within ten seconds.
    package enum Phase: Sendable {
        /// Nothing more is claimed. Epochs under way are finished, and their runs given back.
        case finishingEpochs
        /// Epochs are interrupted, and their runs given back.
        case interruptingEpochs
        /// Runs are given back although a test or a read of theirs still goes on, which nothing can interrupt.
        case abandoningRuns
        /// Commands of schedules that have not ended are killed.
        case killingCommands
        /// The process ends. What was not stored is done again by whoever takes the run.
        case exiting

        /// The time since the request.
        package var start: Duration {
            switch self {
            case .finishingEpochs: .zero
            case .interruptingEpochs: .seconds(6)
            case .abandoningRuns: .seconds(7)
            case .killingCommands: .seconds(8)
            case .exiting: .seconds(9)
            }
        }
    }

    private let requested = Mutex<ContinuousClock.Instant?>(nil)

    package init() {}

    package func request() {
        requested.withLock { $0 = $0 ?? .now }
    }

    package var isRequested: Bool { hasReached(.finishingEpochs) }

    package func hasReached(_ phase: Phase) -> Bool {
        requested.withLock { $0.map { ContinuousClock.now - $0 >= phase.start } ?? false }
    }
}
