import Synchronization

/// Tells the workers of a process that it has to stop, and since when.
public final class StopSignal: Sendable {
    private let requested = Mutex<ContinuousClock.Instant?>(nil)

    public init() {}

    public func request() {
        requested.withLock { $0 = $0 ?? .now }
    }

    public var isRequested: Bool { requested.withLock { $0 != nil } }

    /// Whether so much time has gone by since.
    public func hasBeenRequested(for duration: Duration) -> Bool {
        requested.withLock { $0.map { ContinuousClock.now - $0 >= duration } ?? false }
    }
}
