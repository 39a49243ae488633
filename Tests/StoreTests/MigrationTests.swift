import PostgreSQL
import TestServer
import Testing

@testable import Store

@Suite("Changing a schema that is in use")
struct MigrationTests {
    /// The schema of a later program.
    private static func later(_ migration: String = "-- Nothing.", replacing: [String: String] = [:]) -> Schema {
        let number = Schema.current.number + 1
        return Schema(
            files: EmbeddedSQL.files.map { file in
                (file.path, replacing.reduce(file.text) { $0.replacing($1.key, with: $1.value) })
            } + [("migrations/00\(number)-later", migration)])
    }

    private static let fitsOlder = "-- Works with programs from schema \(Schema.current.number) on.\n"

    /// A view with the same columns, and another text.
    private static let rewritten = ["view analysis.dataset as\nselect ": "view analysis.dataset as\nselect all "]

    private func database() async throws -> (url: String, connection: Connection) {
        let url = try await TestServer.newDatabaseWithSchema()
        return (url, try Connection(url))
    }

    private func reader(of url: String, in role: String = "registry_reader") throws -> (name: String, Connection) {
        let name = "analyst_\(UInt32.random(in: 0...UInt32.max))"
        try Connection(url).execute("create role \(name) login in role \(role)")
        return (name, try Connection(url + " user=\(name)"))
    }

    /// The transactions that created the views.
    private func rules(_ connection: Connection) throws -> [String: String] {
        var rules: [String: String] = [:]
        for row in try connection.query(
            """
            select ev_class::regclass::text as name, xmin::text as xmin
              from pg_rewrite
             where ev_class::regclass::text like 'analysis.%'
            """)
        { rules[try row["name"]] = try row["xmin"] }
        return rules
    }

    @Test("only the migration changes a schema: whoever opens the database refuses it")
    func opensWithoutChange() async throws {
        let (_, connection) = try await database()
        let changed = Schema(
            files: EmbeddedSQL.files + [
                ("views/99-more", "create or replace view analysis.more as\nselect 7 as seven;")
            ])
        for (schema, expected) in [(changed, "another build"), (Self.later(), "needs schema")] {
            let error = #expect(throws: SchemaError.self) { try schema.prepare(connection) }
            #expect(error?.description.contains(expected) == true)
        }
        #expect(try connection.query("select from pg_views where viewname = 'more'").isEmpty)
        #expect(try changed.migrate(connection).scripts == ["views/99-more"])
        try changed.prepare(connection)
    }

    @Test("an older program works on with a newer schema that fits it, and never puts its own views back")
    func rollingUpgrade() async throws {
        let (_, connection) = try await database()
        let newer = Self.later(Self.fitsOlder, replacing: Self.rewritten)
        #expect(try newer.migrate(connection).migrations.count == 1)
        let before = try rules(connection)
        try Schema.current.prepare(connection)
        _ = try Store(connection: connection).claim(by: .test)
        #expect(try Schema.current.migrate(connection).newerSchema == newer.number)
        #expect(try rules(connection) == before)
    }

    @Test("a trainer does not claim another run once the schema does not fit it any more")
    func claimRefused() async throws {
        let (_, connection) = try await database()
        let store = try Store(connection: connection)
        #expect(try store.claim(by: .test) == nil)
        try Self.later().migrate(connection)
        #expect(throws: SchemaError.self) { try store.claim(by: .test) }
        #expect(throws: SchemaError.self) { try Store(connection: connection) }
    }

    @Test("a reader's open transaction delays a migration and nobody else; it is named")
    func openTransaction() async throws {
        let (url, connection) = try await database()
        let (name, reader) = try reader(of: url)
        let newer = Self.later("alter table registry.run add column note text;")
        try reader.script("begin; select count(*) from analysis.run")
        let watching = Task.detached {
            // Others read meanwhile.
            let other = try Connection(url)
            var longest = Duration.zero
            for _ in 0..<20 {
                longest = try max(
                    longest, ContinuousClock().measure { _ = try other.query("select from analysis.run") })
                try await Task.sleep(for: .milliseconds(200))
            }
            return longest
        }
        var told: [String] = []
        let error = #expect(throws: SchemaError.self) {
            try newer.migrate(connection, within: .seconds(3)) { told.append($0) }
        }
        #expect(error?.description.contains("“\(name)”") == true, "\(String(describing: error))")
        #expect(told.contains { $0.contains("registry.run") && $0.contains("idle in transaction") }, "\(told)")
        #expect(try await watching.value < .seconds(3))
        try Schema.current.prepare(connection)
        try reader.script("commit")
        #expect(try newer.migrate(connection).migrations.count == 1)
    }

    @Test("a reader has no lock that holds a migration up", arguments: ["registry_reader", "registry_writer"])
    func readersLocks(role: String) async throws {
        let (url, connection) = try await database()
        let (_, reader) = try reader(of: url, in: role)
        try reader.script(
            """
            begin;
            select pg_advisory_lock(x'7265676973747279'::bigint);
            select * from analysis.schema_version;
            """)
        #expect(throws: PostgreSQLError.self) {
            try reader.transaction {
                try reader.execute("lock table registry.schema_migration in row exclusive mode")
            }
        }
        #expect(try Self.later().migrate(connection, within: .zero).migrations.count == 1)
    }

    @Test("a view whose text is the same is not created again")
    func keepsUnchangedViews() async throws {
        let (_, connection) = try await database()
        let before = try rules(connection)
        let changed = Self.later(replacing: Self.rewritten)
        #expect(try changed.migrate(connection).scripts == ["views/02-datasets"])
        let after = try rules(connection)
        #expect(before.keys.filter { before[$0] != after[$0] } == ["analysis.dataset"])
    }

    @Test("where columns change, grants are kept, and what others built on the views is named, not dropped")
    func replacesColumns() async throws {
        let (url, connection) = try await database()
        let (name, _) = try reader(of: url)
        try connection.script(
            """
            create view public.mine as select dataset from analysis.dataset;
            grant select on analysis.dataset to \(name);
            """)
        let changed = Self.later(replacing: [
            "view analysis.dataset as\nselect ": "view analysis.dataset as\nselect 7 as first, "
        ])
        let error = #expect(throws: SchemaError.self) { try changed.migrate(connection) }
        #expect(error?.description.contains("view public.mine stand") == false)
        #expect(error?.description.contains("public.mine") == true, "\(String(describing: error))")
        #expect(try connection.query("select * from public.mine").isEmpty)
        try connection.execute("drop view public.mine")
        try changed.migrate(connection)
        let row = try connection.query(
            "select has_table_privilege($1, 'analysis.dataset', 'select') as may, "
                + "has_table_privilege('registry_reader', 'analysis.dataset', 'select') as may_read", name)[0]
        #expect(try row["may"] && row["may_read"])
        #expect(try connection.query("select first from analysis.dataset").isEmpty)
        #expect(try connection.query("select * from analysis.schema_difference").isEmpty)
    }

    @Test("a table is filled in portions, and where that was interrupted it resumes")
    func batches() async throws {
        let (url, connection) = try await database()
        func filled() throws -> Int {
            try connection.query("select count(*) as n from registry.error_category where threshold > 100")[0]["n"]
        }
        let rules: Int = try connection.query("select count(*) as n from registry.error_category")[0]["n"]
        let newer = Self.later(
            """
            \(Self.fitsOlder)
            create table registry.filled ();
            -- batch
            update registry.error_category
               set threshold = threshold + 100
             where (category, feature, side) = (select category, feature, side
                                                  from registry.error_category
                                                 where threshold < 100
                                                 order by category, feature, side
                                                 limit 1)
            -- batch
            create index concurrently if not exists error_category_threshold_index on registry.error_category (threshold)
            """)
        let other = try Connection(url)
        try other.script(
            """
            begin;
            select from registry.error_category order by category desc, feature desc, side desc limit 1 for update
            """)
        let error = #expect(throws: SchemaError.self) { try newer.migrate(connection, within: .zero) }
        #expect(error?.description.contains("others were using it") == true, "\(String(describing: error))")
        #expect(try filled() == rules - 1)
        // Old programs go on, new ones wait.
        try Schema.current.prepare(connection)
        #expect(throws: SchemaError.self) { try newer.prepare(connection) }
        try other.script("rollback")
        #expect(try newer.migrate(connection).migrations.count == 1)
        try newer.prepare(connection)
        #expect(try filled() == rules)
        #expect(
            try connection.query("select from pg_indexes where indexname = 'error_category_threshold_index'").count == 1
        )
    }

    @Test("a hole in the migrations, a foreign schema and another encoding are a sentence each")
    func oddDatabases() async throws {
        let (_, connection) = try await database()
        try connection.execute("delete from registry.schema_migration where version = 3")
        #expect(throws: SchemaError.self) { try Schema.current.prepare(connection) }
        let error = #expect(throws: SchemaError.self) { try Schema.current.migrate(connection) }
        #expect(error?.description.contains("missing") == true)

        let foreign = try Connection(await TestServer.newDatabase())
        try foreign.execute("create schema registry")
        for open in [{ try Schema.current.prepare(foreign) }, { _ = try Schema.current.migrate(foreign) }] {
            let error = #expect(throws: SchemaError.self) { try open() }
            #expect(error?.description.contains("not made") == true)
        }
        try foreign.execute("create database latin encoding 'LATIN1' template template0 lc_collate 'C' lc_ctype 'C'")
        let latin = try Connection(await TestServer.newDatabase().replacing(/dbname=\S+/, with: "dbname=latin"))
        let encoding = #expect(throws: SchemaError.self) { try Schema.current.prepare(latin) }
        #expect(encoding?.description.contains("LATIN1") == true)
    }

    @Test("what others change is found, and grants are corrected by their state")
    func differences() async throws {
        let (_, connection) = try await database()
        func differences() throws -> [String] {
            try connection.query("select object || ': ' || difference as d from analysis.schema_difference order by 1")
                .map { try $0["d"] }
        }
        #expect(try differences() == [])
        try connection.script(
            """
            drop index registry.run_dataset_id_index;
            alter table registry.run drop constraint run_epochs_check;
            alter table registry.model_version disable trigger model_version_count;
            create view analysis.own as select 1 as one;
            revoke select on analysis.run from registry_reader;
            revoke usage on schema analysis from registry_reader;
            grant delete on registry.artifact to registry_writer;
            grant trigger, references on registry.run to registry_writer;
            grant update (configuration) on registry.run to registry_writer;
            grant create on schema analysis to registry_owner, public;
            grant usage on schema registry to registry_reader;
            grant select on registry.artifact_chunk to public;
            """)
        #expect(
            try differences() == [
                "constraint run_epochs_check on registry.run: missing", "index registry.run_dataset_id_index: missing",
                "trigger model_version_count on registry.model_version: changed", "view analysis.own: added",
            ])
        let report = try Schema.current.migrate(connection)
        // Ten of these, and six that the new view needs.
        #expect(report == MigrationReport(privileges: 16), "\(report)")
        #expect(try Schema.current.migrate(connection).privileges == 0)
        #expect(try differences().count == 4, "what was changed is not taken for right")
    }
}
