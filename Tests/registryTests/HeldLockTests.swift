import Foundation
import PostgreSQL
import TestServer
import Testing

/// A notebook that was left open holds what its last statement took.
@Suite("Locks that others hold")
struct HeldLockTests {
    private static let small = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Resources/small")
        .path

    @Test("a reader's lock does not keep anybody from importing")
    func readersLock() async throws {
        let program = try await Program.onNewDatabase()
        let name = "analyst_\(UInt32.random(in: 0...UInt32.max))"
        try program.connect().execute("create role \(name) login in role registry_reader")
        let reader = try Connection(try #require(program.environment["REGISTRY_DATABASE_URL"]) + " user=\(name)")
        // What imports were put in order by.
        _ = try reader.query("select pg_advisory_lock(hashtextextended('registry.dataset', 0))")
        _ = try await program.succeed("dataset", "import", "small", Self.small)
        #expect(throws: PostgreSQLError.self) { try reader.query("select registry.lock_datasets()") }
    }

    @Test(
        "a command that waits for another session names it, and ends in the time that the database allows",
        arguments: [
            (["dataset", "import", "other", small], "registry.dataset"),
            (["train", "mlp", "--dataset", "small", "--detach"], "registry.model"),
            (["alias", "mlp", "production"], "registry.model_alias"), (["models"], "registry.run"),
            (["schedule", "add", "nightly", "@daily", "retrain"], "registry.schedule"),
        ])
    func waiting(command: [String], table: String) async throws {
        let program = try await Program.withSmallDataset()
        _ = try await program.run(["train", "mlp", "--dataset", "small", "--epochs", "1", "--quiet"])
        let notebook = try program.connect()
        let database: String = try notebook.query("select current_database()::text as name")[0]["name"]
        try notebook.execute("alter database \(database) set lock_timeout = '4s'")
        _ = try notebook.script("begin; lock table \(table) in access exclusive mode")
        let start = ContinuousClock.now
        let result = try await program.run(command)
        #expect(result.status == 75, "\(result.status) \(result.errors)")
        let process = notebook.serverProcessID
        #expect(result.errorLines.first?.hasPrefix("Waiting: process \(process) of user ") == true, "\(result.errors)")
        #expect(result.errorLines.first?.contains(" holds \(table)") == true, "\(result.errors)")
        #expect(result.errorLines.last?.hasPrefix("registry: Another session holds what this needs") == true)
        #expect(ContinuousClock.now - start >= .seconds(4))
    }

    @Test("no session waits for ever: half a minute, where neither role nor database says otherwise")
    func limit() async throws {
        let connection = try Connection(await TestServer.newDatabase())
        #expect(try connection.query("select current_setting('lock_timeout') as t")[0]["t"] == "30s")
        let database: String = try connection.query("select current_database()::text as name")[0]["name"]
        try connection.execute("alter database \(database) set lock_timeout = '5min'")
        #expect(try connection.another().query("select current_setting('lock_timeout') as t")[0]["t"] == "5min")
    }
}
