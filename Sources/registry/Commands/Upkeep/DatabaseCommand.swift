import ArgumentParser
import FoundationEssentials
import Judgement
import Reporting
import Store
import Trainer

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db",
        abstract: "The database: where it is, whether it runs, what is in it.",
        discussion: "Example: registry db psql -- -c 'select * from analysis.model_version'",
        subcommands: [
            DatabaseStatusCommand.self, DatabaseStartCommand.self, DatabaseStopCommand.self, DatabaseURLCommand.self,
            DatabasePsqlCommand.self, DatabaseMigrateCommand.self,
        ])
}

struct DatabaseStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Where the database is and whether it runs. Starts nothing.",
        discussion: "Example: registry db status --format json")

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        switch try database.address() {
        case .external:
            let version = "\(try database.connect().serverVersion / 10_000)"
            try print(
                "external server, PostgreSQL \(version), reachable", server: "external", state: "running", version)
        case .embedded(let server):
            let home = server.home.string
            func print(
                _ text: String, _ state: String, _ version: String?, process: Int32? = nil, socket: String? = nil
            ) throws {
                try self.print(
                    "embedded server in \(home): \(text)", server: "embedded", state: state, version, home: home,
                    process: process, socket: socket)
            }
            switch try server.status {
            case .absent: try print("not made yet; any command makes it", "absent", nil)
            case .stopped(let version):
                try print("stopped, PostgreSQL \(version); any command starts it", "stopped", version)
            case .notAnswering(let version, let process):
                try print(
                    "process \(process) does not answer, PostgreSQL \(version)", "not answering", version,
                    process: process)
            case .running(let version, let process, let socket):
                try print(
                    "running, PostgreSQL \(version), process \(process), socket in \(socket)", "running", version,
                    process: process, socket: socket)
            }
        }
    }

    private func print(
        _ text: String, server: String, state: String, _ version: String?, home: String? = nil, process: Int32? = nil,
        socket: String? = nil
    ) throws {
        let facts: [(key: String, value: JSONValue)] = [
            ("server", .string(server)), ("state", .string(state)),
            ("postgresql_version", version.map { .string($0) } ?? .null),
            ("home", home.map { .string($0) } ?? .null),
            ("process", process.map { .integer(Int($0)) } ?? .null), ("socket", socket.map { .string($0) } ?? .null),
        ]
        try output.print(text: { _ in "\(text)\n" }, json: .object(facts), csv: Table(facts))
    }
}

struct DatabaseStartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "start", abstract: "Start the embedded server.")

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        _ = try database.embeddedServer(for: "start").start()
    }
}

struct DatabaseStopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop the embedded server; open transactions are rolled back.")

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        guard try database.embeddedServer(for: "stop").stop() else {
            Terminal.tell("The embedded server was not running.")
            return
        }
    }
}

struct DatabaseURLCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "url",
        abstract: "The connection string, for psql and other programs.",
        discussion: "Example: psql \"$(registry db url)\"")

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        try Terminal.write(data: "\(try database.address().connectionString())\n")
    }
}

struct DatabasePsqlCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "psql",
        abstract: "Open psql on the database.",
        discussion: "Example: registry db psql -- -c 'select * from analysis.model_version'")

    @Argument(help: "Arguments for psql, after --.")
    var arguments: [String] = []

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let address = try database.address().psqlAddress()
        do {
            _ = try await database.openStore()
        } catch let error as SchemaError {
            Terminal.tell(error.line)  // Whoever has to repair it needs psql the more.
        }
        // Arguments can be seen by every user of the machine, the environment only by its owner.
        if let password = address.password { setenv("PGPASSWORD", password, 1) }
        let words = ["psql"] + address.words + arguments
        var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        execvp("psql", &pointers)
        throw ProgramMissing(program: "psql", package: "postgresql-client")
    }
}

struct DatabaseMigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring the schema and its grants up to date. No other command changes an existing schema.",
        discussion: """
            Run it with the new program before the other machines get theirs: programs that still fit the new schema \
            keep working, and the others report that they are too old.

            Example: registry db migrate --wait 600
            """)

    @Option(
        parsing: .unconditional,
        help: "Seconds to try while other sessions hold locks; none of them waits longer than two seconds for it.")
    var wait = 60

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard (0...86_400).contains(wait) else { throw ValidationError("--wait must be between 0 and 86,400 seconds.") }
    }

    func run() async throws {
        let report = try Schema.current.migrate(try database.connect(), within: .seconds(wait)) { Terminal.tell($0) }
        for line in report.lines { Terminal.tell(line) }
    }
}

extension MigrationReport {
    /// What was done, in sentences.
    fileprivate var lines: [String] {
        if let newerSchema {
            return [
                "The database has schema \(newerSchema), which is newer and works with this program. Nothing was done."
            ]
        }
        var lines: [String] = []
        if !migrations.isEmpty { lines.append("Applied: \(migrations.joined(separator: ", ")).") }
        if !scripts.isEmpty { lines.append("Changed: \(scripts.joined(separator: ", ")).") }
        if !restored.isEmpty { lines.append("Made again: \(restored.joined(separator: ", ")).") }
        if lines.isEmpty { lines.append("The schema is up to date.") }
        switch privileges {
        case nil: lines.append("Grants were not looked at: this role may not change them.")
        case 0: break
        case let count?: lines.append("Grants corrected: \(count).")
        }
        return lines
    }
}
