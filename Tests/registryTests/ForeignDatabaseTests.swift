import PostgreSQL
import TestServer
import Testing

@Suite("Databases that are not the program's")
struct ForeignDatabaseTests {
    /// What is done to a database, by its superuser, before a command meets it.
    struct Foreign: CustomTestStringConvertible {
        let testDescription: String
        var isMigrated = true
        let change: String
        var status: [Int32] = [69]

        init(_ description: String, migrated: Bool = true, _ change: String, _ status: Int32...) {
            testDescription = description
            isMigrated = migrated
            self.change = change
            self.status = status.isEmpty ? [69] : status
        }
    }

    private static let all = [
        Foreign("another program's schema", migrated: false, "create schema registry"),
        Foreign(
            "another program's table of migrations", migrated: false,
            "create schema registry; create table registry.schema_migration (id text); insert into registry.schema_migration values ('1')"
        ),
        Foreign(
            "another program's schema for analysis", migrated: false,
            "create schema analysis; create table analysis.run (a integer)"),
        Foreign(
            "an empty database that is only read", migrated: false,
            "alter database NAME set default_transaction_read_only = on"),
        Foreign("no migration in its table", "delete from registry.schema_migration"),
        Foreign("a hole in its migrations", "delete from registry.schema_migration where version = 2"),
        Foreign(
            "a migration of another text",
            "update registry.schema_migration set checksum = repeat('0', 64) where version = 1"),
        Foreign(
            "a newer schema",
            "insert into registry.schema_migration (version, name, checksum, oldest_program) values (9999, '9999-later', repeat('0', 64), 9999)"
        ),
        Foreign("views that are gone", "drop schema analysis cascade"),
        Foreign("tables that are gone", "drop schema registry cascade"),
    ]

    @Test("are refused in one line that says why, and nothing is changed in them", arguments: all)
    func refused(foreign: Foreign) async throws {
        let program = try await foreign.isMigrated ? Program.onNewDatabase() : Program.onEmptyDatabase()
        let owner = try program.connect()
        let name: String = try owner.query("select current_database()::text as name")[0]["name"]
        try owner.script(foreign.change.replacing("NAME", with: name))
        func tables() throws -> [String] {
            try owner.query(
                "select oid::regclass::text as name from pg_class where relkind in ('r', 'v') and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) order by 1"
            ).map { try $0["name"] }
        }
        let before = try tables()
        for command in [["models"], ["train", "mlp", "--detach"], ["daemon", "--once"]] {
            let result = try await program.run(command)
            #expect(foreign.status.contains(result.status), "\(command): \(result.status) \(result.errors)")
            #expect(result.errorLines.count == 1 && !result.errors.contains("SQLSTATE"), "\(command): \(result.errors)")
        }
        #expect(try tables() == before)
    }

    @Test("other encodings, no such database, and logins without rights are named")
    func others() async throws {
        var program = try await Program.onEmptyDatabase()
        let url = try #require(program.environment["REGISTRY_DATABASE_URL"])
        let owner = try program.connect()
        for encoding in ["LATIN1", "SQL_ASCII", "EUC_JP"] {
            let name = "other_\(encoding.lowercased())"
            try owner.execute(
                "create database \(name) encoding '\(encoding)' template template0 lc_collate 'C' lc_ctype 'C'")
            program.environment["REGISTRY_DATABASE_URL"] = url.replacing(/dbname=\S+/, with: "dbname=\(name)")
            let result = try await program.run("models")
            #expect(result.status == 69 && result.errorLines.count == 1, "\(result.errors)")
            #expect(result.errors.contains(encoding) && result.errors.contains("createdb --encoding UTF8"))
        }
        program.environment["REGISTRY_DATABASE_URL"] = url.replacing(/dbname=\S+/, with: "dbname=nosuch")
        #expect(try await program.run("models").status == 69)
        let login = "stranger_\(UInt32.random(in: 0...UInt32.max))"
        try owner.execute("create role \(login) login")
        program.environment["REGISTRY_DATABASE_URL"] = "\(url) user=\(login)"
        for isMigrated in [false, true] {
            if isMigrated { _ = try await program.run("models", "--database", url) }
            let result = try await program.run("models")
            #expect(result.status == 77 && result.errorLines.count == 1, "\(result.status) \(result.errors)")
        }
        try owner.execute("alter role \(login) connection limit 0")
        #expect(try await program.run("models").status == 69)
    }
}
