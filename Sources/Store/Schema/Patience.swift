import PostgreSQL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Tries again while others hold what is needed, and says who does.
final class Patience {
    private let connection: Connection
    private let deadline: ContinuousClock.Instant
    private let tell: (String) -> Void
    private var holders: [String] = []

    init(_ connection: Connection, limit: Duration, tell: @escaping (String) -> Void) {
        self.connection = connection
        deadline = .now + limit
        self.tell = tell
    }

    func transaction<Value>(_ body: () throws -> Value) throws -> Value {
        try retry {
            try connection.transaction {
                try connection.execute("set local lock_timeout = '2s'")
                let process: Int = try connection.query("select pg_backend_pid() as process")[0]["process"]
                return try watching(process, body)
            }
        }
    }

    /// For a statement that can't be in a transaction.
    func statement<Value>(_ body: () throws -> Value) throws -> Value {
        try retry { try watching(Int(connection.serverProcessID), body) }
    }

    private func retry<Value>(_ body: () throws -> Value) throws -> Value {
        while true {
            do {
                return try body()
            } catch let error as PostgreSQLError
                where [.lockNotAvailable, .deadlockDetected].contains(error.sqlState)
            {
                guard ContinuousClock.now < deadline else { throw SchemaError.locked(holders) }
                usleep(500_000)
            }
        }
    }

    private func watching<Value>(_ process: Int, _ body: () throws -> Value) throws -> Value {
        connection.whileWaiting = (.seconds(1), { [self] in tellWhoBlocks(process) })
        defer { connection.whileWaiting = nil }
        return try body()
    }

    private func tellWhoBlocks(_ process: Int) {
        let now = connection.holders(blocking: process)
        guard !now.isEmpty else { return }
        for holder in now where !holders.contains(holder) { tell("Waiting: \(holder).") }
        holders = now
    }
}
