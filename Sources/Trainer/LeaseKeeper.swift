import Dispatch
import PostgreSQL
import Store
import Synchronization

/// Renews leases every few seconds, on a thread and a connection of its own, while networks train.
///
/// Both are there before a run is claimed and stay for the next one: what was claimed can be kept, although the system has
/// no thread and no descriptor left.
package final class LeaseKeeper: Sendable {
    private static let interval = Duration.seconds(5)

    /// What the thread and the worker share.
    private final class Shared: Sendable {
        let next = Mutex<Keeping?>(nil)
        let isWanted = DispatchSemaphore(value: 0)
        let isEnding = Flag()
    }

    /// The thread's and, while nothing is kept, the worker's.
    private final class OwnStore: Sendable {
        let store: Mutex<ReconnectingStore>

        init(_ isAbandoned: @escaping @Sendable () -> Bool, _ connect: @escaping @Sendable () throws -> Store) {
            store = Mutex(ReconnectingStore(patience: nil, isAbandoned: isAbandoned, connect: connect))
        }

        func callAsFunction<Value: Sendable>(_ body: @Sendable (Store) throws -> Value) throws -> Value {
            try store.withLock { try $0(body) }
        }
    }

    private let shared: Shared
    private let store: OwnStore
    private let thread: OwnThread

    /// - Parameter connect: Opens a connection.
    /// - Throws: `NoThread`.
    package init(connect: @escaping @Sendable () throws -> Store) throws {
        let shared = Shared()
        let store = OwnStore({ shared.isEnding.isSet || shared.next.withLock { $0?.isOver.isSet ?? true } }) {
            let store = try connect()
            // It waits for its own worker while that stores an epoch; whoever else is in the way, the worker tells.
            store.connection.whileWaiting = nil
            return store
        }
        self.shared = shared
        self.store = store
        thread = try OwnThread {
            while true {
                shared.isWanted.wait()
                if shared.isEnding.isSet { return }
                if let keeping = shared.next.withLock({ $0 }) { Self.keep(keeping, store) }
            }
        }
    }

    /// Connects, unless that was done before; to be called before a run is claimed.
    package func connect() throws { try store { _ in } }

    /// Begins to renew a lease, in place of any before.
    ///
    /// - Parameter isAbandoning: Asked again and again: whether the run is to be given back although its trainer has not
    ///   stopped yet.
    func keep(_ lease: Lease, isAbandoning: @escaping @Sendable () -> Bool) -> Keeping {
        let keeping = Keeping(lease, isAbandoning: isAbandoning)
        shared.next.withLock { $0 = keeping }
        shared.isWanted.signal()
        return keeping
    }

    /// Ends the thread, and waits for that.
    package func end() {
        shared.isEnding.set()
        shared.isWanted.signal()
        thread.join()
    }

    private static func keep(_ keeping: Keeping, _ store: OwnStore) {
        // At once: the answer to the claim may have taken long.
        var next = ContinuousClock.now
        while !keeping.isOver.isSet {
            if keeping.isAbandoning() {
                try? store { try $0.end(keeping.lease, as: .released) }
                return keeping.lost.set()
            }
            guard ContinuousClock.now >= next else {
                sleep(.milliseconds(20))
                continue
            }
            let start = ContinuousClock.now
            next = start + interval
            do {
                switch try store({ try $0.renew(keeping.lease) }) {
                case nil: return keeping.lost.set()
                case true?: keeping.cancelled.set()
                case false?: break
                }
                keeping.renewedAt.withLock { $0 = start }
            } catch {
                // What prevents the renewal also fails the trainer's next write, which reports it.
                continue
            }
        }
    }

    /// A lease that is being kept.
    final class Keeping: Sendable {
        /// Two thirds of a lease.
        private static let limit = Duration.seconds(20)

        fileprivate let lease: Lease
        fileprivate let isAbandoning: @Sendable () -> Bool
        fileprivate let isOver = Flag()
        fileprivate let lost = Flag()
        fileprivate let cancelled = Flag()
        fileprivate let renewedAt = Mutex(ContinuousClock.now)

        fileprivate init(_ lease: Lease, isAbandoning: @escaping @Sendable () -> Bool) {
            self.lease = lease
            self.isAbandoning = isAbandoning
        }

        /// An epoch was stored, which renews the lease.
        func hasBeenRenewed() { renewedAt.withLock { $0 = .now } }

        /// Whether another trainer has the run, or it has ended.
        var isLost: Bool { lost.isSet }

        /// Whether the lease could not be renewed for so long that another trainer may soon have the run.
        var isOverdue: Bool { renewedAt.withLock { ContinuousClock.now - $0 } >= Self.limit }

        /// Whether somebody has asked for the run's end.
        var isCancelled: Bool { cancelled.isSet }

        /// Ends the renewals; one that is under way can do no harm, because it is guarded by the fencing number.
        func end() { isOver.set() }
    }
}

/// A lease could not be renewed for so long that the run was left to others before they could have it.
package struct LeaseOverdue: Error, Sendable, CustomStringConvertible {
    package let run: Int

    package var description: String {
        "The lease of run \(run) could not be renewed for 20 seconds; this worker stops training it. "
            + "It is resumed after its last stored epoch."
    }
}
