import Dispatch

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Blocks this thread.
func sleep(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    var rest = timespec()
    while nanosleep(&time, &rest) != 0, errno == EINTR { time = rest }
}

/// A thread for work that blocks, so that none of Swift's few concurrent ones is taken.
struct OwnThread: Sendable {
    private final class Work: Sendable {
        let body: @Sendable () -> Void
        let isDone = DispatchSemaphore(value: 0)
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private let work: Work
    private let identifier: pthread_t

    /// Starts it; it has to be joined or detached, once.
    ///
    /// - Throws: `NoThread`: the system sets a limit to a user's and to a control group's threads.
    init(_ body: @escaping @Sendable () -> Void) throws(NoThread) {
        work = Work(body)
        let argument = Unmanaged.passRetained(work)
        var identifier = pthread_t()
        let error = pthread_create(
            &identifier, nil,
            { argument in
                guard let argument else { return nil }
                let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                work.body()
                work.isDone.signal()
                return nil
            }, argument.toOpaque())
        guard error == 0 else {
            argument.release()
            throw NoThread(reason: String(cString: strerror(error)))
        }
        self.identifier = identifier
    }

    /// Waits until its work is done, so that it does not meet the process's end half-way; not for ever, because a network
    /// may have swallowed what it waits for.
    func join(within limit: DispatchTimeInterval = .seconds(5)) {
        if work.isDone.wait(timeout: .now() + limit) == .success {
            pthread_join(identifier, nil)
        } else {
            detach()
        }
    }

    /// Leaves it to itself.
    func detach() { pthread_detach(identifier) }

    /// Whether so many threads could be made now, besides those that there are.
    ///
    /// - Throws: `NoThread`.
    static func check(count: Int) throws(NoThread) {
        let isOver = Flag()
        var threads: [OwnThread] = []
        defer {
            isOver.set()
            for thread in threads { thread.join() }
        }
        for _ in 0..<count { threads.append(try OwnThread { while !isOver.isSet { sleep(.milliseconds(1)) } }) }
    }
}

/// The threads that this process may have.
package enum Threads {
    /// Whether those that every command needs can be had. Swift's own asks for them again and again, for ever, where the
    /// system has none.
    ///
    /// - Throws: `NoThread`.
    package static func check() throws(NoThread) {
        let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        // Those that compute, Dispatch's own, the one that renews a lease, and one to spare.
        try OwnThread.check(count: cores + 4)
    }
}

/// Does work on a thread of its own. Where the system has none, it is asked again until it has.
func onThreadOfItsOwn(_ body: @escaping @Sendable () -> Void) {
    while true {
        do {
            return try OwnThread(body).detach()
        } catch {
            sleep(.milliseconds(100))
        }
    }
}

/// The system allows no further thread.
package struct NoThread: Error, Sendable, CustomStringConvertible {
    package let reason: String

    package var description: String {
        "Not enough threads can be started (\(reason)). Raise the limit (ulimit -u, or TasksMax of the unit)."
    }
}
