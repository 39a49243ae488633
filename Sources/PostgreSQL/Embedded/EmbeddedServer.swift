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
///     HOME/postgresql.log        what the server said; at a start, one of more than 1 MiB becomes postgresql.log.old
///     HOME/postgresql/data       the data directory
///     HOME/postgresql/socket     the Unix socket, in a directory of mode 0700; there is no TCP
///
/// PostgreSQL refuses to run as root. For root, its processes run as the system user `postgres`, who owns
/// `HOME/postgresql`; where that user can't reach HOME (as in a private home directory), `HOME/postgresql` is a symbolic
/// link to a folder of its own under `/var/lib/registry`. In what `postgres` owns, root does nothing itself.
package struct EmbeddedServer: Sendable {
    /// The database that is made in it.
    package static let database = "registry"

    package let home: FilePath
    /// Additional settings, as in `postgresql.conf`; they count from the next start on.
    let settings: [String: String]
    private let patience: Duration
    private let tell: @Sendable (String) -> Void

    /// - Parameters:
    ///   - home: An absolute path; made when it is not there.
    ///   - patience: How long other commands, and a server that does not answer, are waited for.
    ///   - tell: Told what is waited for when it takes long.
    package init(
        home: FilePath, settings: [String: String] = [:], patience: Duration = .seconds(45),
        tell: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.home = home
        self.settings = settings
        self.patience = patience
        self.tell = tell
    }

    /// Whether the server answers, and where.
    package enum Status: Sendable, Hashable {
        /// Nothing was made yet.
        case absent
        case stopped(version: String)
        /// It is being started or stopped, or does not answer.
        case notAnswering(version: String, process: Int32)
        case running(version: String, process: Int32, socketDirectory: String)
    }

    package var status: Status {
        get throws {
            guard let folder = try serverFolder()?.existing(), let data = try DataDirectory(in: folder) else {
                return .absent
            }
            return switch try data.server() {
            case .none: .stopped(version: data.majorVersion)
            case .busy(let process), .silent(let process), .unreachable(let process):
                .notAnswering(version: data.majorVersion, process: process)
            case .answering(let process, let socketFolder):
                .running(version: data.majorVersion, process: process, socketDirectory: socketFolder)
            }
        }
    }

    /// The server's data directory; `nil` before it is made.
    package var dataDirectory: FilePath? {
        get throws { try serverFolder()?.existing()?.realPath.appending(DataDirectory.name) }
    }

    private func serverFolder(makes: Bool = false) throws -> ServerFolder? {
        try ServerFolder(home: home, owner: ServerOwner.current(), makes: makes)
    }

    /// Makes the server when there is none, starts it when it is stopped, and tells how to reach it.
    ///
    /// When it is running already this takes well under a millisecond and starts no process, so that whoever connects
    /// again can call this every time. It blocks while it waits.
    ///
    /// - Returns: A URL for `Connection`.
    /// - Throws: `EmbeddedServerError`.
    package func start() throws -> String {
        guard let place = try serverFolder(makes: true) else { throw EmbeddedServerError.file(home.string, ENOENT) }
        if let folder = try place.existing(), let data = try DataDirectory(in: folder),
            case .answering(_, let socketFolder) = try data.server()
        {
            return url(socketFolder: socketFolder)
        }
        let lock = try FileLock.take("lock", in: place.home, patience: Patience(limit: patience, tell: tell))
        let processes = ServerProcesses(owner: place.owner)
        let folder = try place.existing() ?? place.make()
        let data: DataDirectory
        if let made = try DataDirectory(in: folder) {
            data = made
        } else {
            data = try create(in: folder, with: processes, lock: lock.descriptor)
        }
        return url(socketFolder: try start(data, in: folder, of: place, with: processes))
    }

    /// Stops the server; transactions that are open are rolled back.
    ///
    /// - Returns: Whether it was running.
    @discardableResult
    package func stop() throws -> Bool {
        guard let place = try serverFolder(), let folder = try place.existing() else { return false }
        let lock = try FileLock.take("lock", in: place.home, patience: Patience(limit: patience, tell: tell))
        defer { _ = lock.descriptor }
        guard let data = try DataDirectory(in: folder), let process = try data.server().process else { return false }
        try stop(process, of: data, in: folder, with: ServerProcesses(owner: place.owner))
        place.removeSocketFolder(of: folder)
        return true
    }

    private func stop(
        _ process: pid_t, of data: DataDirectory, in folder: Folder, with processes: ServerProcesses
    ) throws {
        // `pg_ctl stop` reads the number of the process from a file that may be broken.
        let program = try processes.binaries()[0].directory.appending("pg_ctl").string
        try processes.run(program, ["kill", "INT", "\(process)"], in: folder)
        var patience = Patience(limit: .seconds(60), tell: tell)
        while try data.server().process == process {
            guard patience.pause("The embedded server (process \(process)) has not stopped yet: waiting for it.") else {
                throw EmbeddedServerError.didNotStop(process: process)
            }
        }
    }

    private func url(socketFolder: String) -> String {
        "postgresql://postgres@/\(Self.database)?host=\(socketFolder.asURLValue)&port=5432"
    }

    /// Makes the cluster beside its place and moves it there when it is whole, so that a killed attempt leaves nothing
    /// that looks like a cluster.
    private func create(in folder: Folder, with processes: ServerProcesses, lock: Int32) throws -> DataDirectory {
        let unfinished = "data.unfinished"
        func run(_ program: String, _ arguments: [String], input: String = "") throws {
            try processes.run(program, arguments, in: folder, input: input, lock: lock)
        }
        try run("rm", ["-rf", "--", unfinished])
        let found = try processes.binaries()
        let newest = found.max { (Int($0.majorVersion) ?? 0) < (Int($1.majorVersion) ?? 0) } ?? found[0]
        try run(
            newest.directory.appending("initdb").string,
            [
                "--pgdata", unfinished, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8",
                "--locale", "C.UTF-8", "--data-checksums",
            ])
        try run(
            "tee", ["--append", "--", "\(unfinished)/postgresql.conf"],
            input: """

                # Settings of the embedded server of `registry`.
                listen_addresses = ''
                unix_socket_permissions = 0700
                shared_buffers = '128MB'
                max_wal_size = '512MB'
                log_checkpoints = off
                # As PostgreSQL's documentation advises for solid state disks.
                random_page_cost = 1.1
                # Compiling these queries takes longer than running them.
                jit = off
                log_timezone = 'UTC'
                timezone = 'UTC'

                """)
        try run(
            newest.directory.appending("postgres").string, ["--single", "-D", unfinished, "postgres"],
            // A line is a command. Every role may make temporary tables unless it is refused, and they can fill the disk.
            input: """
                create database \(Self.database)
                revoke temporary on database \(Self.database) from public

                """)
        try run("mv", ["-T", "--", unfinished, DataDirectory.name])
        guard let data = try DataDirectory(in: folder) else {
            throw EmbeddedServerError.file(folder.path.string, ENOENT)
        }
        return data
    }

    /// - Returns: The folder of its socket.
    private func start(
        _ data: DataDirectory, in folder: Folder, of place: ServerFolder, with processes: ServerProcesses
    ) throws -> String {
        var patience = Patience(limit: patience, tell: tell)
        var recovery = Patience(limit: .seconds(120), tell: tell)
        var attempt: Attempt?
        while true {
            switch try data.server() {
            case .answering(let process, let socketFolder):
                if attempt?.process == process { processes.reap(process) }
                return socketFolder
            case .busy(let process):
                guard recovery.pause("The embedded server starts, recovers or stops: waiting for it.") else {
                    throw EmbeddedServerError.noAnswer(process: process)
                }
            case .silent(let process):
                guard patience.pause("The embedded server (process \(process)) does not answer: waiting for it.") else {
                    throw EmbeddedServerError.noAnswer(process: process)
                }
            case .unreachable where attempt?.isAlive == true, .none where attempt?.isAlive == true:
                // It was just started: nothing is to be said of what usually takes a moment.
                let word = "The embedded server is being started: waiting for it."
                guard patience.pause(word, after: .seconds(10)) else {
                    if let attempt { kill(attempt.process, SIGINT) }
                    throw EmbeddedServerError.didNotStart(
                        log: place.home.path.appending(ServerLog.name).string, reason: "it hangs")
                }
            case .unreachable(let process):
                // One that has lost its socket, or its first process, serves nobody any more. One that was just killed
                // takes a moment.
                if patience.elapsed > .seconds(3) { try stop(process, of: data, in: folder, with: processes) }
                guard patience.pause("The embedded server (process \(process)) cannot be reached: stopping it.") else {
                    throw EmbeddedServerError.noAnswer(process: process)
                }
            case .none:
                if let ended = attempt {
                    // The children of a killed server hold its shared memory until they notice.
                    let reason = ServerProcesses.reason(in: ended.log.text)
                    guard ["shared memory block", "already exists"].contains(where: reason.contains),
                        patience.pause("The embedded server was killed, and what it left has not ended yet.")
                    else {
                        throw EmbeddedServerError.didNotStart(
                            log: place.home.path.appending(ServerLog.name).string, reason: reason)
                    }
                    usleep(100_000)
                }
                attempt = try attemptStart(of: data, in: folder, of: place, with: processes)
            }
        }
    }

    private func attemptStart(
        of data: DataDirectory, in folder: Folder, of place: ServerFolder, with processes: ServerProcesses
    ) throws -> Attempt {
        let found = try processes.binaries()
        guard let match = found.first(where: { $0.majorVersion == data.majorVersion }) else {
            throw EmbeddedServerError.otherVersion(
                data: data.path.string, needed: data.majorVersion, found: found.map(\.majorVersion))
        }
        let socket = try place.socketFolder(of: folder, processes: processes)
        // Left by a killed server. PostgreSQL sees through them, but not when their number has gone to another process of
        // the same user, or to a dead one that nobody has waited for, or when a power cut has emptied them.
        try processes.run(
            "rm", ["-rf", "--", "data/\(DataDirectory.processFile)", "\(socket)/.s.PGSQL.5432.lock"], in: folder)
        var words = [match.directory.appending("postgres").string, "-D", DataDirectory.name]
        // A list, whose elements may be quoted as identifiers are.
        let quoted = String(decoding: socket.string.utf8.flatMap { $0 == 0x22 ? [0x22, 0x22] : [$0] }, as: UTF8.self)
        let own = ["unix_socket_directories": "\"\(quoted)\"", "port": "5432"]
        for (name, value) in settings.merging(own, uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
            words += ["-c", "\(name)=\(value)"]
        }
        let log = try ServerLog(in: place.home)
        return Attempt(process: try processes.startServer(words, in: folder, log: log.descriptor), log: log)
    }

    /// A server that this process has started and that does not answer yet.
    private final class Attempt {
        let process: pid_t
        let log: ServerLog
        private var hasEnded = false

        init(process: pid_t, log: ServerLog) {
            self.process = process
            self.log = log
        }

        var isAlive: Bool {
            var status: Int32 = 0
            if !hasEnded { hasEnded = waitpid(process, &status, WNOHANG) != 0 }
            return !hasEnded
        }
    }
}
