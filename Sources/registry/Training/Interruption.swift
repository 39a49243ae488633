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
    private static let isRequested = Atomic<Bool>(false)

    /// From now on SIGINT (Ctrl-C) and SIGTERM only set the flag; a second signal ends the process at once.
    static func watch() {
        for number in [SIGINT, SIGTERM] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { _ in Interruption.isRequested.store(true, ordering: .relaxed) }
            action.sa_flags = Int32(truncatingIfNeeded: SA_RESTART) | Int32(truncatingIfNeeded: SA_RESETHAND)
            sigaction(number, &action, nil)
        }
    }

    /// True once a signal has come.
    static var hasCome: Bool { isRequested.load(ordering: .relaxed) }
}
