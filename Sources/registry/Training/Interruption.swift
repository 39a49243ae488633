import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Whether the person or the system has asked this process to stop.
///
/// A signal handler can reach nothing but global state, so this is the program's one global variable.
enum Interruption {
    private static let watched = [SIGINT, SIGTERM, SIGQUIT, SIGHUP]
    private static let isRequested = Atomic<Bool>(false)

    /// From now on SIGINT (Ctrl-C), SIGTERM, SIGQUIT and SIGHUP only set the flag; a second one of them ends the process
    /// at once. With `nohup`, SIGHUP stays ignored.
    static func watch() {
        for number in watched where number != SIGHUP || !isIgnored(SIGHUP) {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { _ in Interruption.isRequested.store(true, ordering: .relaxed) }
            action.sa_flags = Int32(truncatingIfNeeded: SA_RESTART) | Int32(truncatingIfNeeded: SA_RESETHAND)
            sigaction(number, &action, nil)
        }
    }

    /// Does work that a signal cancels; afterwards signals do what they did before.
    ///
    /// - Throws: `Cancelled` when a signal came before the work was done.
    static func cancelling<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        var actions: [Int32: sigaction] = [:]
        for number in watched {
            var action = sigaction()
            sigaction(number, nil, &action)
            actions[number] = action
        }
        watch()
        defer { for (number, var action) in actions { sigaction(number, &action, nil) } }
        let task = Task(operation: work)
        let watcher = Task {
            while !hasCome { try await Task.sleep(for: .milliseconds(50)) }
            task.cancel()
        }
        defer { watcher.cancel() }
        do {
            return try await task.value
        } catch  where hasCome {
            throw Cancelled()
        }
    }

    /// A signal ended work that leaves nothing behind.
    struct Cancelled: Failure {
        var exitStatus: ExitStatus { .interrupted }
        var description: String { "Interrupted. Nothing was changed." }
    }

    /// Whether whoever started this process has it ignore a signal.
    static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        sigaction(number, nil, &action)
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// True once a signal has come.
    static var hasCome: Bool { isRequested.load(ordering: .relaxed) }
}
