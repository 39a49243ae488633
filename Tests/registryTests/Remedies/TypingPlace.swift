import Foundation
import PostgreSQL
import TestServer
import Testing

/// Where commands are typed: a shell in an empty folder, with the program on its `PATH` and a database of its own.
struct TypingPlace {
    /// What the database has.
    enum Contents: CaseIterable {
        /// Not even the schema.
        case nothing
        /// A data set “mnist”, which is tiny.
        case imported
        /// The same, and `mlp@1` and `cnn@1`, trained on it.
        case trained
    }

    var program: Program
    let folder: URL
    private var kept: [Program.Running] = []

    init(_ contents: Contents) async throws { try await self.init(on: try await Self.database(contents)) }

    private init(on database: String) async throws {
        folder = URL(filePath: try TemporaryDirectory.make().string)
        TemporaryDirectory.removeAfterThisProcess(.init(folder.path))
        program = try Program.withEmptyHome().program
        program.environment.merge(
            [
                "REGISTRY_DATABASE_URL": database, "here": folder.path, "files": try await Self.files.value.folder.path,
                "PATH": "\(try await Self.files.value.programs.path):\(program.environment["PATH"] ?? "")",
                // No data set is fetched from anywhere.
                "https_proxy": "http://127.0.0.1:1", "PIP_INDEX_URL": "http://127.0.0.1:1/simple",
            ]) { $1 }
    }

    private static let files = Task { try RemedyFiles() }

    /// Types a line.
    func type(_ line: String) async throws -> Program.Result { try await start(line).end() }

    func start(_ line: String) throws -> Program.Running {
        try program.start("/bin/sh", arguments: ["-c", "cd \"$here\" && \(line)"])
    }

    func succeed(_ line: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let result = try await type(line)
        #expect(result.status == 0, "\(line): \(result.errors)", sourceLocation: sourceLocation)
    }

    /// Statements, past the program.
    func sql(_ statements: String) throws { try program.connect().script(statements) }

    /// From here on the program connects as a new role of the server, `$role`; `$owner` is the address from before.
    mutating func become(aRoleIn group: String?) throws {
        let role = "role_\(UInt32.random(in: 0...UInt32.max))"
        try sql("create role \(role) login\(group.map { " in role \($0)" } ?? "")")
        let owner = program.environment["REGISTRY_DATABASE_URL"] ?? ""
        program.environment.merge(
            ["role": role, "owner": owner, "REGISTRY_DATABASE_URL": "\(owner) user=\(role)"]) { $1 }
    }

    /// A process that lives as long as this place.
    mutating func keep(_ process: Program.Running) { kept.append(process) }

    /// Starts a training that waits for a table, and does something meanwhile.
    func whileWaiting(
        for table: String, _ mode: String, typed: String, body: (Program.Running) async throws -> Void
    ) async throws -> Program.Result {
        let lock = try program.connect()
        try lock.script("begin; lock table \(table) in \(mode) mode")
        let process = try start("exec \(typed)")
        try await wait(until: "\(typed) waits for \(table)") {
            try !program.connect().query(
                "select from pg_stat_activity where datname = current_database() and $1 = any (pg_blocking_pids(pid))",
                Int(lock.serverProcessID)
            ).isEmpty || !process.isRunning
        }
        try await body(process)
        try lock.script("rollback")
        return try await process.end()
    }

    private static func database(_ contents: Contents) async throws -> String {
        let lines = ["registry dataset import mnist \"$files/digits\""]
        return switch contents {
        case .nothing: try await TestServer.newDatabase()
        case .imported: try await database(after: lines)
        case .trained: try await database(after: lines + ["registry train mlp --quiet", "registry train cnn --quiet"])
        }
    }

    /// A copy of a database in which lines were typed once.
    private static func database(after lines: [String]) async throws -> String {
        try await TestServer.newDatabase(like: "\(lines)") { database in
            let place = try await TypingPlace(on: database)
            for line in lines { try await place.succeed(line) }
        }
    }
}
