import ArgumentParser
import FoundationEssentials
import PostgreSQL
import Store
import Trainer

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Where the database is: the first of these that is given.
///
/// 1. `--database URL`
/// 2. `REGISTRY_DATABASE_URL`
/// 3. libpq's own environment (`PGHOST`, `PGSERVICE`, …)
/// 4. the embedded server under `REGISTRY_HOME`
enum DatabaseAddress {
    /// A libpq connection string or URL; empty for libpq's own environment.
    case external(String)
    case embedded(EmbeddedServer)

    private static let libpqVariables = ["PGSERVICE", "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE"]

    init(option: String?, environment: [String: String]) throws {
        if let url = option ?? environment["REGISTRY_DATABASE_URL"], !url.isEmpty {
            self = .external(url)
            // Of libpq's variables those count that say what the URL does not; this one would lead to another host.
            if (try? ConnectionString(url))?["host"] != nil { unsetenv("PGHOSTADDR") }
        } else if Self.libpqVariables.contains(where: { environment[$0]?.isEmpty == false }) {
            self = .external("")
        } else {
            self = .embedded(
                EmbeddedServer(
                    home: try RegistryHome.path(environment: environment),
                    tell: { Terminal.tell("registry: \($0)") }))
        }
    }

    /// A connection string; starts the embedded server where it is the one meant.
    func connectionString() throws -> String {
        switch self {
        case .external(let url): url
        case .embedded(let server): try server.start()
        }
    }

    /// The words of a command line that has psql connect, and the password, which they do not tell.
    func psqlAddress() throws -> (words: [String], password: String?) {
        let text = try connectionString()
        let address = try ConnectionString(text)
        return (text.isEmpty ? [] : ["--dbname", address.withoutSecrets], address["password"])
    }
}

/// `--database`, for every command that needs one.
struct DatabaseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Connection URL of a PostgreSQL server.",
            discussion: "Default: $REGISTRY_DATABASE_URL, else libpq's environment, else the embedded server."))
    var database: String?

    func address() throws -> DatabaseAddress {
        try DatabaseAddress(option: database, environment: ProcessInfo.processInfo.environment)
    }

    /// Connects, whatever the schema is.
    func connect() throws -> Connection { try Connection(try address().connectionString()) }

    /// The embedded server.
    ///
    /// - Throws: `OtherDatabaseNamed` when another is meant.
    func embeddedServer(for command: String) throws -> EmbeddedServer {
        guard case .embedded(let server) = try address() else { throw OtherDatabaseNamed(command: command) }
        return server
    }

    /// Connects, and makes the schema of an empty database.
    func openStore() async throws -> Store {
        let connection = try Connection(try address().connectionString(), patience: .seconds(20))
        connection.tellWhoBlocks { Terminal.tell($0) }
        return try Store(connection: connection)
    }

    /// Opens as many connections as are wanted for unattended work, each used by one thread; a server that vanishes is
    /// noticed.
    ///
    /// Each asks for the address again: an embedded server that has ended is started, also at another place.
    ///
    /// - Parameter tell: Told who holds what a statement waits for.
    func connector(
        tell: @escaping @Sendable (String) -> Void = { Terminal.tell($0) }
    ) async throws -> @Sendable () throws -> Store {
        let address = try address()
        _ = try address.connectionString()
        return {
            let connection: Connection
            do {
                connection = try Connection(try address.connectionString())
            } catch let error as EmbeddedServerError where error.isTransient {
                throw PostgreSQLError.cannotConnect(error.line)
            }
            connection.responseTimeout = .seconds(60)
            connection.tellWhoBlocks(tell)
            return try Store(connection: connection)
        }
    }

    /// Reports at once a schema that does not fit. For a server that can't be reached, whoever works unattended waits.
    func check(_ connect: () throws -> Store) throws {
        do {
            _ = try connect()
        } catch let error as PostgreSQLError where error.isTransient {}
    }
}

/// A command for the embedded server, where another is named.
struct OtherDatabaseNamed: Failure {
    let command: String

    var exitStatus: ExitStatus { .usage }
    var description: String {
        "“registry db \(command)” is for the embedded server, and another database is named here "
            + "(by --database or the environment)."
    }
}
