import Dispatch
import FoundationEssentials
import Logging
import PostgreSQL
import ServiceLifecycle
import Store
import Synchronization

/// Executes schedules whose time has come. Any number of daemons may do so: each due time is executed at most once.
package struct Scheduler: Service {
    /// How late a time may be executed that is not to be made up for.
    private static let tolerance: TimeInterval = 60
    private static let pollingInterval = Duration.seconds(1)
    /// Schedules that one daemon executes at the same time.
    private static let mostAtOnce = 4
    /// How often the row of an execution says that it goes on; later due times wait as long as it does.
    private static let heartbeat = Duration.seconds(15)
    /// How often due times are compared with what their schedules say.
    private static let correctionInterval = Duration.seconds(60)

    /// A command that has ended.
    package struct Ended: Sendable {
        package let status: Int
        /// The last of what it printed.
        package internal(set) var output: String

        package init(status: Int, output: String) {
            self.status = status
            self.output = output
        }
    }

    let worker: String
    let logger: Logger
    let shutdown: Shutdown
    let timeLimit: Duration
    let connect: @Sendable () throws -> Store
    let check: @Sendable ([String]) throws -> Void
    let execute: @Sendable ([String]) async -> Ended

    /// - Parameters:
    ///   - worker: Named in the executions' rows.
    ///   - timeLimit: How long an execution may take.
    ///   - check: Throws for words from the database that are no command for a schedule.
    ///   - execute: Runs the program with these words; is cancelled when the daemon stops.
    package init(
        worker: String, logger: Logger, shutdown: Shutdown, timeLimit: Duration = .seconds(12 * 3600),
        connect: @escaping @Sendable () throws -> Store, check: @escaping @Sendable ([String]) throws -> Void,
        execute: @escaping @Sendable ([String]) async -> Ended
    ) {
        self.worker = worker
        self.logger = logger
        self.shutdown = shutdown
        self.timeLimit = timeLimit
        self.connect = connect
        self.check = check
        self.execute = execute
    }

    package func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            await withCheckedContinuation { continuation in
                onThreadOfItsOwn {
                    work()
                    continuation.resume()
                }
            }
        } onCancelOrGracefulShutdown: {
            shutdown.request()
        }
    }

    private func work() {
        let store = reconnectingStore()
        let running = Running()
        let executions = DispatchGroup()
        var nextCorrection = ContinuousClock.now
        while !shutdown.isRequested {
            do {
                if ContinuousClock.now >= nextCorrection {
                    for name in try store({ try $0.bringForward(next: next) }) {
                        logger.warning("was due later than its times say", metadata: ["schedule": "\(name)"])
                    }
                    nextCorrection = .now + Self.correctionInterval
                }
                let due =
                    running.executions.count < Self.mostAtOnce
                    ? try store {
                        try $0.takeDueSchedule(
                            by: worker, known: running.executions, plan: plan,
                            setAside: { logger.error("set aside: \($1)", metadata: ["schedule": "\($0)"]) })
                    } : nil
                if let due {
                    running.insert(due)
                    executions.enter()
                    onThreadOfItsOwn {
                        execute(due)
                        running.remove(due)
                        executions.leave()
                    }
                } else {
                    pause()
                }
            } catch {
                guard !shutdown.isRequested else { break }
                logger.error("\(error.line)")
                pause()
            }
        }
        executions.wait()
    }

    private func reconnectingStore() -> ReconnectingStore {
        ReconnectingStore(
            patience: nil, isAbandoned: { shutdown.isRequested }, tell: { logger.warning("\($0)") }, connect: connect)
    }

    private func pause() {
        let end = ContinuousClock.now + Self.pollingInterval
        while ContinuousClock.now < end, !shutdown.isRequested { sleep(.milliseconds(50)) }
    }

    /// Runs a command to its end; gives its due time back when the daemon stops before.
    private func execute(_ due: DueExecution) {
        var logger = logger
        logger[metadataKey: "schedule"] = "\(due.schedule)"
        logger.info("executing", metadata: ["due_at": "\(due.dueAt)"])
        let (ended, isInterrupted) = wait(for: due)
        logger.info("executed", metadata: ["exit_status": "\(ended.status)"])
        do {
            try reconnectingStore()() { store in
                if isInterrupted {
                    try store.giveBack(due)
                } else {
                    try store.finish(due, exitStatus: ended.status, output: ended.output)
                }
            }
        } catch {
            logger.error("\(error.line)")
        }
    }

    /// Waits until a command has ended; ends it when the daemon stops, or its time is over.
    private func wait(for due: DueExecution) -> (ended: Ended, isInterrupted: Bool) {
        let result = Result()
        let isOver = DispatchSemaphore(value: 0)
        let task = Task { [execute] in
            let ended = await execute(due.command)
            result.ended.withLock { $0 = ended }
            isOver.signal()
        }
        let store = reconnectingStore()
        let start = ContinuousClock.now
        var lastHeartbeat = start
        var isInterrupted = false
        var isLate = false
        while isOver.wait(timeout: .now() + .milliseconds(100)) == .timedOut {
            let now = ContinuousClock.now
            if shutdown.isRequested {
                isInterrupted = true
                task.cancel()
            } else if now - start > timeLimit {
                isLate = true
                task.cancel()
            } else if now - lastHeartbeat > Self.heartbeat {
                lastHeartbeat = now
                try? store { try $0.keepAlive(due) }
            }
        }
        var ended = result.ended.withLock { $0 }
        if isLate { ended.output += "Ended by the daemon: it took longer than \(timeLimit).\n" }
        return (ended, isInterrupted)
    }

    /// What this daemon is executing.
    private final class Running: Sendable {
        private let all = Mutex<Set<DueExecution>>([])

        var executions: Set<DueExecution> { all.withLock { $0 } }
        func insert(_ execution: DueExecution) { _ = all.withLock { $0.insert(execution) } }
        func remove(_ execution: DueExecution) { _ = all.withLock { $0.remove(execution) } }
    }

    private final class Result: Sendable {
        let ended = Mutex(Ended(status: -1, output: ""))
    }

    private func next(_ due: DueSchedule) throws -> Timestamp {
        try check(due.command)
        return try CronExpression(due.cron).next(after: due.now) ?? .infinity
    }

    /// Of all times that have come since, the last is executed: at once, or only where it has just come.
    private func plan(_ due: DueSchedule) throws -> (execute: Timestamp?, next: Timestamp) {
        let next = try self.next(due)
        let last = max(due.dueAt.date, try CronExpression(due.cron).last(through: due.now.date) ?? due.dueAt.date)
        let isLate = due.now.date.timeIntervalSince(last) > Self.tolerance
        return (due.missed == .skip && isLate ? nil : Timestamp(last), next)
    }
}
