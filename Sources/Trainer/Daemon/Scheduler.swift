import Dispatch
import FoundationEssentials
import Logging
import PostgreSQL
import ServiceLifecycle
import Store
import Synchronization

/// Executes schedules whose time has come. Any number of daemons may do so: each due time is executed at most once.
public struct Scheduler: Service {
    /// How late a time may be executed that is not to be made up for.
    private static let tolerance: TimeInterval = 60
    private static let pollingInterval = Duration.seconds(1)

    /// A command that has ended.
    public struct Ended: Sendable {
        public let status: Int
        /// The last of what it printed.
        public let output: String

        public init(status: Int, output: String) {
            self.status = status
            self.output = output
        }
    }

    let worker: String
    let logger: Logger
    let stop: StopSignal
    let connect: @Sendable () throws -> Store
    let execute: @Sendable ([String]) async -> Ended

    /// - Parameters:
    ///   - worker: Named in the executions' rows.
    ///   - execute: Runs the program with these words; is cancelled when the daemon stops.
    public init(
        worker: String, logger: Logger, stop: StopSignal, connect: @escaping @Sendable () throws -> Store,
        execute: @escaping @Sendable ([String]) async -> Ended
    ) {
        self.worker = worker
        self.logger = logger
        self.stop = stop
        self.connect = connect
        self.execute = execute
    }

    public func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            await withCheckedContinuation { continuation in
                onThreadOfItsOwn {
                    work()
                    continuation.resume()
                }
            }
        } onCancelOrGracefulShutdown: {
            stop.request()
        }
    }

    private func work() {
        let store = ReconnectingStore(
            patience: nil, isAbandoned: { stop.isRequested }, tell: { logger.warning("\($0)") }, connect: connect)
        while !stop.isRequested {
            do {
                if let (schedule, dueAt) = try store({ try $0.takeDueSchedule(by: worker, plan: Self.plan) }) {
                    logger.info("executing", metadata: ["schedule": "\(schedule.name)", "due_at": "\(dueAt)"])
                    let ended = wait(for: schedule.command)
                    logger.info(
                        "executed", metadata: ["schedule": "\(schedule.name)", "exit_status": "\(ended.status)"])
                    try store {
                        try $0.finishExecution(
                            of: schedule.name, dueAt: dueAt, exitStatus: ended.status, output: ended.output)
                    }
                } else {
                    pause()
                }
            } catch {
                guard !stop.isRequested else { return }
                logger.error("\(error)")
                pause()
            }
        }
    }

    private func pause() {
        let end = ContinuousClock.now + Self.pollingInterval
        while ContinuousClock.now < end, !stop.isRequested { sleep(.milliseconds(50)) }
    }

    /// Waits until a command has ended; tells it to when the daemon stops.
    private func wait(for command: [String]) -> Ended {
        let result = Result()
        let isOver = DispatchSemaphore(value: 0)
        let task = Task { [execute] in
            let ended = await execute(command)
            result.ended.withLock { $0 = ended }
            isOver.signal()
        }
        while isOver.wait(timeout: .now() + .milliseconds(100)) == .timedOut {
            if stop.isRequested { task.cancel() }
        }
        return result.ended.withLock { $0 }
    }

    private final class Result: Sendable {
        let ended = Mutex(Ended(status: -1, output: ""))
    }

    /// Of all times that have come since, the last is executed: at once, or only where it has just come.
    static func plan(_ due: DueSchedule) throws -> (execute: Timestamp?, next: Timestamp) {
        let cron = try CronExpression(due.cron)
        var last = due.dueAt.date
        while let next = cron.next(after: last), next <= due.now.date { last = next }
        let next = cron.next(after: due.now.date).map(Timestamp.init) ?? .infinity
        let isLate = due.now.date.timeIntervalSince(last) > tolerance
        return (due.missed == .skip && isLate ? nil : Timestamp(last), next)
    }
}
