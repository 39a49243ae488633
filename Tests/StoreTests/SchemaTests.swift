import PostgreSQL
import TestServer
import Testing

@testable import Store

@Suite("The schema")
struct SchemaTests {
    @Test("an empty database is migrated, and a second time there is nothing to do")
    func migratesOnce() async throws {
        let connection = try Connection(await TestServer.newDatabase())
        let first = try Schema.current.migrate(connection)
        #expect(first == MigrationReport(migrations: Schema.current.migrations.map(\.name)))
        #expect(try Schema.current.migrate(connection) == MigrationReport())
    }

    @Test("eight connections migrate one empty database at once: each migration is applied once")
    func migratesConcurrently() async throws {
        let database = try await TestServer.newDatabase()
        let applied = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<8 {
                group.addTask { try Schema.current.migrate(Connection(database)).migrations }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied.sorted() == Schema.current.migrations.map(\.name))
    }

    @Test("a database that is newer than the program is refused")
    func refusesNewerDatabase() async throws {
        let connection = try await TestServer.connectToNewDatabase()
        _ = try connection.execute(
            "insert into registry.schema_migration values (9999, 'later', repeat('0', 64), 9999, now(), now())")
        let error = #expect(throws: SchemaError.self) { try Schema.current.prepare(connection) }
        guard case .databaseIsNewer(version: 9999, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("a migration that was applied with another text is refused")
    func refusesAlteredMigration() async throws {
        let connection = try await TestServer.connectToNewDatabase()
        let altered = Schema(
            files: EmbeddedSQL.files.map { ($0.path, $0.path.hasPrefix("migrations/0001") ? $0.text + "--" : $0.text) })
        let error = #expect(throws: SchemaError.self) { try altered.migrate(connection) }
        guard case .migrationDiffers = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("a migration that fails half way leaves nothing behind")
    func failedMigrationLeavesNothing() async throws {
        let connection = try await TestServer.connectToNewDatabase()
        let broken = Schema(
            files: EmbeddedSQL.files + [
                ("migrations/0999-broken", "create table registry.half (made integer); select 1 / 0;")
            ])
        let error = #expect(throws: PostgreSQLError.self) { try broken.migrate(connection) }
        #expect(error?.sqlState == .divisionByZero)
        let half: String? = try connection.query("select to_regclass('registry.half')::text as name")[0]["name"]
        #expect(half == nil)
        let last: Int = try connection.query("select max(version) as last from registry.schema_migration")[0]["last"]
        #expect(last == Schema.current.migrations.last?.version)
    }

    @Test("changed views are created again")
    func replacesChangedViews() async throws {
        let connection = try await TestServer.connectToNewDatabase()
        let changed = Schema(
            files: EmbeddedSQL.files + [("views/99-more", "create or replace view analysis.more as select 7 as seven;")]
        )
        try changed.migrate(connection)
        let seven: Int = try connection.query("select seven from analysis.more")[0]["seven"]
        #expect(seven == 7)
    }
}
