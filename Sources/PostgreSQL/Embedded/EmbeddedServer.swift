import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A private PostgreSQL server: made on first use, started when needed, shared by all commands of its owner.
///
/// Everything stands under one home folder:
///
///     HOME/lock                  held while the server is being made, started or stopped
///     HOME/postgresql/data       the data directory
///     HOME/postgresql/socket     the Unix socket, in a directory of mode 0700; there is no TCP
///     HOME/postgresql/log        what the server said; at a start, one of more than 1 MiB becomes log.old
///
/// PostgreSQL refuses to run as root. For root, its processes run as the system user `postgres`, who owns
/// `HOME/postgresql`; where that user can't reach HOME (as in a private home directory), `HOME/postgresql` is a symbolic
/// link to a folder of its own under `/var/lib/registry`.
public struct EmbeddedServer: Sendable {
    /// The database that is made in it.
    public static let database = "registry"

    public let home: FilePath
    /// Additional settings, as in `postgresql.conf`; they count from the next start on.
    let settings: [String: String]

    /// - Parameter home: An absolute path; made when it is not there.
    public init(home: FilePath, settings: [String: String] = [:]) {
        self.home = home
        self.settings = settings
    }

    /// Without links: the server's user may not be able to pass through HOME.
    var root: FilePath { home.appending("postgresql").resolved }
    var data: FilePath { root.appending("data") }

    /// Whether the server answers, and where.
    public enum Status: Sendable, Hashable {
        /// Nothing was made yet.
        case absent
        case stopped(version: String)
        case running(version: String, process: Int32, socketDirectory: String)
    }

    public var status: Status {
        guard let version = DataDirectory(data).majorVersion else { return .absent }
        guard let running = DataDirectory(data).runningServer else { return .stopped(version: version) }
        return .running(version: version, process: running.process, socketDirectory: running.socketDirectory)
    }

    /// The server's data directory.
    public var dataDirectory: FilePath { data }

    /// Makes the server when there is none, starts it when it is stopped, and tells how to reach it.
    ///
    /// When it is running already this takes well under a millisecond and starts no process.
    ///
    /// - Returns: A connection string for `Connection`.
    /// - Throws: `EmbeddedServerError`.
    public func start() async throws -> String {
        if let running = DataDirectory(data).runningServer { return connectionString(running) }
        try makeHome()
        return try await FileLock.withLock(on: home.appending("lock")) {
            if let running = DataDirectory(data).runningServer { return connectionString(running) }
            let processes = try ServerProcesses(owner: ServerOwner.current())
            if DataDirectory(data).majorVersion == nil { try await create(with: processes) }
            try await start(with: processes)
            guard let running = DataDirectory(data).runningServer else {
                throw EmbeddedServerError.didNotStart(log: log.string, reason: "it ended at once")
            }
            try createDatabase(running)
            return connectionString(running)
        }
    }

    /// Stops the server; transactions that are open are rolled back.
    ///
    /// - Returns: Whether it was running.
    @discardableResult
    public func stop() async throws -> Bool {
        guard DataDirectory(data).majorVersion != nil else { return false }
        return try await FileLock.withLock(on: home.appending("lock")) {
            guard DataDirectory(data).hasServer else { return false }
            try await stop(with: ServerProcesses(owner: ServerOwner.current()))
            return true
        }
    }

    private func stop(with processes: ServerProcesses) async throws {
        let binaries = try await binaries(of: processes)
        try await processes.run(
            binaries.appending("pg_ctl"), ["stop", "--pgdata", data.string, "--mode", "fast", "--wait"])
    }

    private var log: FilePath { root.appending("log") }

    private func connectionString(
        _ running: DataDirectory.RunningServer, database: String = EmbeddedServer.database
    ) -> String {
        PostgreSQL.connectionString([
            "host": running.socketDirectory, "port": "\(running.port)", "user": "postgres", "dbname": database,
        ])
    }

    private func makeHome() throws {
        if home.isDirectory {
            guard home.isOwnedByThisUser else { throw EmbeddedServerError.foreignHome(home.string) }
            return
        }
        try home.makeDirectory(permissions: 0o711)
    }

    /// Makes the cluster beside its place and moves it there when it is whole, so that a killed attempt leaves nothing
    /// that looks like a cluster.
    private func create(with processes: ServerProcesses) async throws {
        try processes.owner.makeServerDirectory(at: home.appending("postgresql"))
        let unfinished = root.appending("data.unfinished")
        try unfinished.removeTree()
        let binaries = try await processes.newestBinaries()
        try await processes.run(
            binaries.appending("initdb"),
            [
                "--pgdata", unfinished.string, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8",
                "--locale", "C.UTF-8", "--data-checksums",
            ])
        try unfinished.appending("postgresql.conf").append(
            """

            # Settings of the embedded server of `registry`.
            listen_addresses = ''
            unix_socket_permissions = 0700
            shared_buffers = '128MB'
            max_wal_size = '512MB'
            log_checkpoints = off
            # Compiling these queries takes longer than running them.
            jit = off
            log_timezone = 'UTC'
            timezone = 'UTC'

            """)
        guard rename(unfinished.string, data.string) == 0 else { throw EmbeddedServerError.file(data.string, errno) }
    }

    private func start(with processes: ServerProcesses) async throws {
        let binaries = try await binaries(of: processes)
        let socket = try processes.owner.makeSocketDirectory(near: root)
        var options = ["-c", "unix_socket_directories=\(socket)"]
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) { options += ["-c", "\(name)=\(value)"] }
        if log.size > 1 << 20 { rename(log.string, root.appending("log.old").string) }
        // A killed server takes a moment to end, and its surviving children hold its shared memory until they notice.
        let start = ContinuousClock.now
        let deadline = start + .seconds(30)
        while true {
            // One that lives on without answering has lost its socket, for example to a server that ran here before its
            // directory was deleted and made anew. Nobody can reach it any more.
            if ContinuousClock.now > start + .seconds(3), DataDirectory(data).hasServer {
                try await stop(with: processes)
            }
            try DataDirectory(data).removeStaleLocks(socketDirectory: socket)
            do {
                try await processes.run(
                    binaries.appending("pg_ctl"),
                    [
                        "start", "--pgdata", data.string, "--log", log.string, "--wait", "--timeout", "120",
                        "--options", options.map(\.asShellWord).joined(separator: " "),
                    ])
                return
            } catch {
                let reason = log.lastLine(containing: "FATAL") ?? "\(error)"
                guard ["shared memory block", "already exists"].contains(where: reason.contains),
                    ContinuousClock.now < deadline
                else {
                    throw EmbeddedServerError.didNotStart(log: log.string, reason: reason)
                }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// The programs of the release that made the data directory.
    private func binaries(of processes: ServerProcesses) async throws -> FilePath {
        let needed = DataDirectory(data).majorVersion ?? ""
        let found = try await processes.binaries()
        guard let match = found.first(where: { $0.majorVersion == needed }) else {
            throw EmbeddedServerError.otherVersion(
                data: data.string, needed: needed, found: found.map(\.majorVersion))
        }
        return match.directory
    }

    private func createDatabase(_ running: DataDirectory.RunningServer) throws {
        let connection = try Connection(connectionString(running, database: "postgres"))
        guard try connection.query("select from pg_database where datname = $1", Self.database).isEmpty else { return }
        try connection.execute("create database \(Self.database)")
        // What every role may do unless it is refused; temporary tables can fill the disk.
        try connection.execute("revoke temporary on database \(Self.database) from public")
    }
}
