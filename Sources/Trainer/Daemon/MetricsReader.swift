import Dispatch
import Logging
import PostgreSQL
import Store
import Synchronization

/// Reads the length of the queue for all clients together: on one thread, over one connection, at most once a second.
final class MetricsReader: Sendable {
    private static let lifetime = Duration.seconds(1)
    /// Requests that wait for the database's answer.
    private static let mostWaiting = 2 * MetricsServer.mostClients

    typealias Answer = @Sendable (_ metrics: String?) -> Void

    private struct State {
        /// `nil` metrics: the database did not answer.
        var last: (time: ContinuousClock.Instant, metrics: String?)?
        var waiting: [Answer] = []
        var isEnding = false
    }

    private let state: Shared
    private let thread: OwnThread

    /// What the thread and the clients share.
    private final class Shared: Sendable {
        let state = Mutex(State())
        let isWanted = DispatchSemaphore(value: 0)
    }

    /// - Throws: `NoThread`.
    init(logger: Logger, connect: @escaping @Sendable () throws -> Store) throws(NoThread) {
        let shared = Shared()
        state = shared
        thread = try OwnThread { Self.work(shared, logger, connect) }
    }

    /// Gives the metrics, in Prometheus' text format, to `answer`: at once, or later on another thread.
    func read(_ answer: @escaping Answer) {
        let (isKnown, metrics) = state.state.withLock { state -> (Bool, String?) in
            if let last = state.last, ContinuousClock.now - last.time < Self.lifetime { return (true, last.metrics) }
            guard !state.isEnding, state.waiting.count < Self.mostWaiting else { return (true, nil) }
            state.waiting.append(answer)
            return (false, nil)
        }
        if isKnown { answer(metrics) } else { state.isWanted.signal() }
    }

    /// Ends the thread, and waits for that.
    func end() {
        state.state.withLock { $0.isEnding = true }
        state.isWanted.signal()
        thread.join()
    }

    private static func work(_ shared: Shared, _ logger: Logger, _ connect: @escaping () throws -> Store) {
        // A connection that was lost since the last request is opened again at once.
        let store = ReconnectingStore(
            patience: .milliseconds(200), isAbandoned: { shared.state.withLock { $0.isEnding } }, connect: connect)
        while true {
            shared.isWanted.wait()
            let (isEnding, isWanted) = shared.state.withLock { ($0.isEnding, !$0.waiting.isEmpty) }
            if isEnding { return }
            guard isWanted else { continue }
            var metrics: String?
            do {
                metrics = text(of: try store { try QueueLength($0.queue()) })
            } catch {
                logger.warning("metrics can't be read: \(error.line)")
            }
            let waiting = shared.state.withLock { state in
                state.last = (.now, metrics)
                defer { state.waiting = [] }
                return state.waiting
            }
            for answer in waiting { answer(metrics) }
        }
    }

    private struct QueueLength {
        let queued, delayed, running, abandoned: Int
        let oldestWaitSeconds: Double

        init(_ row: Row) throws {
            queued = try row["queued"]
            delayed = try row["delayed"]
            running = try row["running"]
            abandoned = try row["abandoned"]
            oldestWaitSeconds = try row["oldest_wait_seconds"]
        }
    }

    private static func text(of queue: QueueLength) -> String {
        func gauge(_ name: String, _ help: String, _ value: some CustomStringConvertible) -> String {
            "# HELP \(name) \(help)\n# TYPE \(name) gauge\n\(name) \(value)\n"
        }
        return gauge("registry_runs_queued", "Runs that wait.", queue.queued)
            + gauge("registry_runs_delayed", "Runs that wait after an attempt that failed.", queue.delayed)
            + gauge("registry_runs_running", "Runs that are being trained.", queue.running)
            + gauge("registry_runs_abandoned", "Runs whose lease has run out.", queue.abandoned)
            + gauge(
                "registry_queue_oldest_wait_seconds", "How long the first of the queue has been waiting.",
                queue.oldestWaitSeconds)
    }
}
