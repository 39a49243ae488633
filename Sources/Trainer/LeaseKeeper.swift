import PostgreSQL
import Store

/// Renews a lease every few seconds, on a thread and a connection of its own, while a network trains.
final class LeaseKeeper {
    private static let interval = Duration.seconds(5)
    private let isEnded = Flag()
    private let lost = Flag()
    private let cancelled = Flag()

    /// - Parameters:
    ///   - givesUp: Asked again and again: whether the run is to be given back although its trainer has not stopped yet.
    ///   - connect: Opens a connection.
    init(_ lease: Lease, givesUp: @escaping @Sendable () -> Bool, connect: @escaping @Sendable () throws -> Store) {
        onThreadOfItsOwn { [isEnded, lost, cancelled] in
            let store = ReconnectingStore(patience: nil, isAbandoned: { isEnded.isSet }, connect: connect)
            // At once, so that the connection is there when it is needed.
            var next = ContinuousClock.now
            while !isEnded.isSet {
                if givesUp() {
                    try? store { try $0.end(lease, as: .released) }
                    lost.set()
                    return
                }
                guard ContinuousClock.now >= next else {
                    sleep(.milliseconds(20))
                    continue
                }
                next = ContinuousClock.now + Self.interval
                do {
                    switch try store({ try $0.renew(lease) }) {
                    case nil:
                        lost.set()
                        return
                    case true?: cancelled.set()
                    case false?: break
                    }
                } catch {
                    // What keeps the lease from being renewed meets the trainer at its next write, and is told there.
                    continue
                }
            }
        }
    }

    /// Whether another trainer has the run, or it has ended.
    var isLost: Bool { lost.isSet }

    /// Whether somebody has asked for the run's end.
    var isCancelled: Bool { cancelled.isSet }

    /// Ends the renewals; one that is under way can do no harm, because it is guarded by the fencing number.
    func end() { isEnded.set() }
}
