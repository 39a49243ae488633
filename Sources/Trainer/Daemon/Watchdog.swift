import Logging

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Ends the process when it has not stopped long after it was asked to: a network swallows what is sent, or a test of a
/// large network can't be interrupted.
///
/// That harms nothing. Whatever was not stored is done again by whoever takes the run.
package struct Watchdog {
    private let shutdown: Shutdown
    private let logger: Logger

    package init(_ shutdown: Shutdown, logger: Logger) {
        self.shutdown = shutdown
        self.logger = logger
    }

    /// Watches on a thread of its own, until the process ends.
    package func start() {
        onThreadOfItsOwn { [shutdown, logger] in
            while !shutdown.hasReached(.exiting) { sleep(.milliseconds(100)) }
            logger.warning("not everything could be ended in time: what is left is done again")
            _exit(0)
        }
    }
}
