import PostgreSQL
import Store

/// A database that is connected to again, and asked again, whenever it could not be reached: it was restarted, another host
/// took over, its connections or its disk were used up.
///
/// Used by one thread at a time.
package final class ReconnectingStore {
    private let connect: () throws -> Store
    private let patience: Duration?
    private let isAbandoned: () -> Bool
    private let tell: (String) -> Void
    private var store: Store?

    /// - Parameters:
    ///   - patience: How long to go on trying; `nil` for no limit.
    ///   - isAbandoned: Asked between attempts: whether there is no use in trying on.
    ///   - tell: Told once why the database does not answer, and once that it does again.
    ///   - connect: Opens a connection of its own.
    package init(
        patience: Duration?, isAbandoned: @escaping () -> Bool = { false }, tell: @escaping (String) -> Void = { _ in },
        connect: @escaping () throws -> Store
    ) {
        self.patience = patience
        self.isAbandoned = isAbandoned
        self.tell = tell
        self.connect = connect
    }

    /// Does something with the database, again and again until it answers.
    ///
    /// - Parameter body: Has to be harmless when it is repeated: whether it was done before an answer was lost is not
    ///   known.
    /// - Throws: What `body` throws that another attempt would not mend; the last error when patience is at its end.
    package func callAsFunction<Value>(_ body: (Store) throws -> Value) throws -> Value {
        let start = ContinuousClock.now
        var pause = Duration.milliseconds(50)
        var hasTold = false
        while true {
            do {
                let store = try self.store ?? connect()
                self.store = store
                let value = try body(store)
                if hasTold { tell("The database answers again.") }
                return value
            } catch let error as PostgreSQLError where error.isTransient || error.sqlState == .readOnlyTransaction {
                // A connection that only met a full disk could stay, but a new one does no harm.
                store = nil
                let hasPatience = patience.map { ContinuousClock.now - start < $0 } ?? true
                guard hasPatience, !isAbandoned() else { throw error }
                if !hasTold { tell("\(error.line) Trying again.") }
                hasTold = true
                sleep(pause * Double.random(in: 0.5...1.5))
                pause = min(pause * 2, .seconds(2))
            }
        }
    }
}
