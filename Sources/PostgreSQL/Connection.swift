import CLibPQ

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A connection to a PostgreSQL server, over libpq's non-blocking calls.
///
/// Calls return when the server has answered. A connection is used by one thread at a time.
///
/// Statements are sent with `PQsendQueryParams`: values are parameters (`$1`), never pasted into the text. No named
/// statements are used, so a pooler in transaction mode may stand between.
///
/// Every statement runs with `search_path = pg_catalog, pg_temp`: whoever may create functions or operators in `public`
/// must not have them called in place of the server's own. Tables of other schemas are named with their schema.
///
/// No statement waits for another session's lock longer than half a minute, unless the role or the database has a
/// `lock_timeout` of its own: whoever may read can hold locks, and forget them.
package final class Connection {
    let pointer: OpaquePointer

    /// How long a statement may take before the connection counts as dead and is closed; `nil` for no limit.
    ///
    /// This notices a server that has vanished. To limit a statement on a server that is there, use its own
    /// `statement_timeout`.
    package var responseTimeout: Duration?

    /// Called again and again while the server does not answer, each time this long after the last; for whoever wants to
    /// know, on another connection, what a statement waits for.
    package var whileWaiting: (interval: Duration, call: () -> Void)?

    /// What was given to connect with.
    private let conninfo: String

    /// Whether a pooler stands between, which may send each transaction through another of the server's sessions. A
    /// setting of the session would then reach other clients and not the next statement: every statement gets a
    /// transaction, and the setting is the transaction's.
    package private(set) var isPooled = false

    /// Nesting of `transaction`; 0 outside.
    var transactionDepth = 0

    /// Connects, to the first of several hosts that accepts.
    ///
    /// - Parameters:
    ///   - conninfo: A URL or a list of keywords as libpq takes them; more than one host may be named. Empty for libpq's
    ///     own environment (`PGHOST`, `PGSERVICE`, …).
    ///   - connectTimeout: Seconds that each host has, at least 2; `connect_timeout` in `conninfo` overrides it.
    ///   - patience: How long to wait for a server that starts, recovers or stops.
    /// - Throws: `PostgreSQLError.cannotConnect` with libpq's reason.
    package init(
        _ conninfo: String, connectTimeout: Int = 5, patience: Duration = .zero, applicationName: String = "registry"
    ) throws {
        let address = try ConnectionString(conninfo)
        self.conninfo = conninfo
        // What comes before the connection string gives defaults, what comes after it overrides.
        let security = address.securityDefaults { getenv($0).map { String(cString: $0) } }
        let options =
            security.map { ($0.key, $0.value) } + [
                ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
                ("tcp_user_timeout", "20000"), ("connect_timeout", "\(connectTimeout)"),
                ("fallback_application_name", applicationName), ("dbname", conninfo), ("client_encoding", "UTF8"),
                // A session that replicates takes no statements.
                ("replication", address["replication"] == nil ? "" : "false"),
            ]
        let keys = CStrings(options.map(\.0))
        let values = CStrings(options.map(\.1))
        // Of libpq's ways to connect, only the one that blocks goes on to the next host when one does not answer.
        let connected = withExtendedLifetime((keys, values)) {
            let start = ContinuousClock.now
            var pointer = PQconnectdbParams(keys.pointers, values.pointers, 1)
            // libpq keeps the SQLSTATE of a refused connection to itself, but tells whether it is 57P03.
            var ping = PQPING_REJECT
            while PQstatus(pointer) != CONNECTION_OK, ping == PQPING_REJECT, ContinuousClock.now - start < patience {
                ping = PQpingParams(keys.pointers, values.pointers, 1)
                // A server that accepts connections has begun to do so meanwhile, or has another reason.
                guard ping == PQPING_REJECT || ping == PQPING_OK else { break }
                PQfinish(pointer)
                if ping == PQPING_REJECT { usleep(100_000) }
                pointer = PQconnectdbParams(keys.pointers, values.pointers, 1)
            }
            return pointer
        }
        guard let pointer = connected else { throw PostgreSQLError.cannotConnect("out of memory") }
        self.pointer = pointer
        guard PQstatus(pointer) == CONNECTION_OK else {
            let reason = address.redacting(oneLine(PQerrorMessage(pointer)))
            let variables = address.settingsOfEnvironment { getenv($0) != nil }
            throw PostgreSQLError.cannotConnect(
                variables.isEmpty
                    ? reason : "\(reason) (settings from the environment: \(variables.joined(separator: ", ")))")
        }
        PQsetnonblocking(pointer, 1)
        PQsetNoticeProcessor(pointer, { _, _ in }, nil)
        do {
            isPooled = try !setUpSession(until: .now + .seconds(connectTimeout))
        } catch PostgreSQLError.timedOut {
            throw PostgreSQLError.cannotConnect("it did not answer within \(connectTimeout) seconds")
        }
    }

    /// Sets the session's search path, how long it waits for locks, and how it writes times and names, unless the process
    /// that answers is another than the one that the connection was announced with: a pooler announces a number of its own.
    ///
    /// - Returns: Whether they were set.
    private func setUpSession(until deadline: ContinuousClock.Instant) throws -> Bool {
        try check(
            PQsendQuery(
                pointer,
                """
                select pg_catalog.set_config('search_path', '\(Self.searchPath)', false),
                       pg_catalog.set_config('lock_timeout',
                                             case when pg_catalog.current_setting('lock_timeout') operator(pg_catalog.=) '0'
                                                  then '\(Self.lockTimeout)'
                                                  else pg_catalog.current_setting('lock_timeout')
                                             end, false),
                       pg_catalog.set_config('timezone', 'UTC', false),
                       pg_catalog.set_config('datestyle', 'ISO', false),
                       pg_catalog.set_config('intervalstyle', 'postgres', false),
                       pg_catalog.set_config('extra_float_digits', '1', false),
                       pg_catalog.set_config('quote_all_identifiers', 'off', false)
                 where pg_catalog.pg_backend_pid() operator(pg_catalog.=) \(serverProcessID)
                """))
        return try results(until: deadline).last.map { PQntuples($0.pointer) == 1 } ?? false
    }

    static let searchPath = "pg_catalog, pg_temp"
    /// Less than `responseTimeout` of those who have one: the server then says what it was.
    static let lockTimeout = "30s"

    deinit { PQfinish(pointer) }

    /// Waits until the socket is ready.
    ///
    /// - Returns: `false` when the deadline passed first.
    func wait(for events: Int32, until deadline: ContinuousClock.Instant?) throws -> Bool {
        while true {
            let socket = PQsocket(pointer)
            guard socket >= 0 else { throw PostgreSQLError.connectionLost("it was closed") }
            let left = deadline.map { ContinuousClock.now.duration(to: $0) }
            if let left, left <= .zero { return false }
            let longest = [left, whileWaiting?.interval].compactMap { $0 }.min()
            var descriptor = pollfd(fd: socket, events: Int16(events), revents: 0)
            let ready = poll(&descriptor, 1, longest?.milliseconds ?? -1)
            if ready > 0 { return true }
            if ready == 0 { whileWaiting?.call() }
            if ready < 0, errno != EINTR {
                throw PostgreSQLError.connectionLost(String(cString: strerror(errno)))
            }
        }
    }

    var deadline: ContinuousClock.Instant? { responseTimeout.map { ContinuousClock.now + $0 } }

    /// Closes the connection because the server does not answer; every later call fails.
    func abandon() -> PostgreSQLError {
        let socket = PQsocket(pointer)
        if socket >= 0 { shutdown(socket, Int32(SHUT_RDWR)) }
        return .timedOut(responseTimeout ?? .zero)
    }

    /// The connection broke: says so with libpq's reason.
    var lost: PostgreSQLError { .connectionLost(oneLine(PQerrorMessage(pointer))) }

    /// Another connection to the same database.
    package func another() throws -> Connection { try Connection(conninfo) }

    /// The server process that serves this connection.
    package var serverProcessID: Int32 { PQbackendPID(pointer) }

    /// The server's version: 150018 is 15.18.
    package var serverVersion: Int { Int(PQserverVersion(pointer)) }

    /// Whether the connection can still be used.
    package var isUsable: Bool { PQstatus(pointer) == CONNECTION_OK }
}

extension Duration {
    /// Rounded up, as `poll` takes it.
    fileprivate var milliseconds: Int32 {
        Int32(clamping: components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 + 1)
    }
}

/// C strings that live as long as this value, with a null pointer at the end.
final class CStrings {
    private var storage: [UnsafeMutablePointer<CChar>?]

    init(_ strings: [String]) {
        storage = strings.map { strdup($0) } + [nil]
    }

    var pointers: [UnsafePointer<CChar>?] { storage.map { UnsafePointer($0) } }

    /// As `posix_spawn` wants them; it does not change them.
    var mutablePointers: [UnsafeMutablePointer<CChar>?] { storage }

    deinit { storage.forEach { free($0) } }
}
