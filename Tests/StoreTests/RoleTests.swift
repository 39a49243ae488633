import PostgreSQL
import TestServer
import Testing

@testable import Store

@Suite("What the roles may do")
struct RoleTests {
    /// Every table, and what a trainer may do with it beside reading.
    private static let writer = [
        "architecture": "", "artifact": "insert", "artifact_chunk": "insert", "checkpoint": "insert delete",
        "checkpoint_chunk": "insert", "class_distance": "insert", "class_feature": "insert", "dataset": "insert",
        "duplicate_search": "insert delete",
        "epoch_metric": "insert", "error_category": "", "evaluation": "insert", "layer_metric": "insert",
        "misclassification": "insert", "missed_sample": "", "missed_total": "", "model": "insert",
        "model_alias": "insert delete", "model_alias_history": "", "model_version": "insert",
        "near_duplicate": "insert",
        "retraining": "insert", "run": "insert", "run_attempt": "insert", "sample": "insert",
        "sample_feature": "insert", "sample_learning": "", "schedule": "", "schedule_execution": "insert delete",
        "schema_migration": "", "schema_object": "", "schema_script": "", "split": "insert",
        "step_loss": "insert",
        "test_loss": "insert", "tested_architecture": "", "version_learning": "",
    ]

    /// Columns that a trainer may change.
    private static let changed = [
        "model": "last_version_number", "model_alias": "number",
        "retraining": "production_number finished_at outcome reason",
        "run": "state epochs_finished attempts fence available_at cancel_requested lease_expires_at worker started_at "
            + "finished_at host processor threads program_version failure",
        "run_attempt": "ended_at outcome error", "schedule": "next_due_at",
        "schedule_execution": "alive_at finished_at exit_status output",
    ]

    @Test("role by object by verb, no more and no less")
    func matrix() async throws {
        let store = try await TestServer.newStore()
        let rows = try store.connection.query(
            """
            select relnamespace::regnamespace::text as schema,
                   relname::text as name,
                   role,
                   coalesce(string_agg(verb, ' ' order by position)
                            filter (where has_table_privilege(role, pg_class.oid, verb)), '') as verbs
              from pg_class
             cross join unnest(array['registry_reader', 'registry_writer', 'public']) as role
             cross join unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger'])
                   with ordinality as verb (verb, position)
             where relnamespace in ('registry'::regnamespace, 'analysis'::regnamespace)
               and relkind in ('r', 'p', 'v', 'S')
               and (relkind <> 'S' or verb in ('select', 'update'))
             group by pg_class.oid, role
            """)
        var tables: Set<String> = []
        for row in rows {
            let (schema, name, role, verbs): (String, String, String, String) = (
                try row["schema"], try row["name"], try row["role"], try row["verbs"]
            )
            let isSequence = name.hasSuffix("_seq")
            if schema == "registry", !isSequence { tables.insert(name) }
            let expected =
                switch (schema, role) {
                case _ where isSequence || role == "public": ""
                case ("analysis", _): "select"
                case (_, "registry_writer"):
                    ["select", Self.writer[name] ?? "?"].filter { !$0.isEmpty }.joined(separator: " ")
                default: ""
                }
            #expect(verbs == expected, "\(role): \(schema).\(name)")
        }
        #expect(tables == Set(Self.writer.keys))
        // What changes: a run's state, and not what it was about; when a schedule is due next, and not what it executes.
        let columns = try store.connection.query(
            """
            select attrelid::regclass::text || '.' || attname as name
              from pg_attribute
              join pg_class on pg_class.oid = attrelid
             where relnamespace = 'registry'::regnamespace
               and attacl is not null
             order by name
            """
        ).map { row -> String in try row["name"] }
        #expect(
            columns
                == Self.changed.flatMap { table, columns in
                    columns.split(separator: " ").map { "registry.\(table).\($0)" }
                }.sorted())
        for schema in ["registry", "analysis"] {
            for role in ["registry_reader", "registry_writer", "registry_owner", "public"] {
                let row = try store.connection.query(
                    "select has_schema_privilege($1, $2, 'usage') as may_use, has_schema_privilege($1, $2, 'create') as may_create",
                    role, schema)[0]
                #expect(try !row["may_create"])
                let mayUse =
                    ["registry_writer", "registry_owner"].contains(role)
                    || role == "registry_reader" && schema == "analysis"
                #expect(try row["may_use"] == mayUse, "\(role), \(schema)")
            }
        }
    }

    @Test("an owner who did not make the schema alters nothing of what the migrations have left")
    func owner() async throws {
        let connection = try await TestServer.newStore().connection
        try connection.execute("set role registry_owner")
        try connection.execute("insert into registry.schedule values ('x', '@daily', '{retrain}', 'once', now())")
        for statement in [
            "update registry.schema_migration set oldest_program = 1", "delete from registry.schema_script",
            "insert into registry.schema_object values ('x', 'x', 'x', 15)",
            "create view analysis.own as select 1 as x",
            // It would fit the program's call better than its own.
            "create function registry.renew_lease(text, text) returns boolean language sql as 'select true'",
        ] {
            let error = #expect(throws: PostgreSQLError.self) { try connection.execute(statement) }
            #expect(error?.sqlState == .insufficientPrivilege, "\(statement)")
        }
    }

    @Test("who may create roles, but has not created these, sets a database up all the same")
    func foreignRoles() async throws {
        let url = try await TestServer.newDatabase()
        let name = "team_\(UInt32.random(in: 0...UInt32.max))"
        let administrator = try Connection(url)
        try administrator.script(
            """
            create role \(name) login createrole;
            grant create on database \(try administrator.query("select current_database()::text as d")[0]["d"] as String)
               to \(name);
            """)
        _ = try await TestServer.newStore()  // The roles are there, made by another.
        let connection = try Connection(url + " user=\(name)")
        try Schema.current.migrate(connection)
        #expect(try Schema.current.migrate(connection) == MigrationReport())
        #expect(try connection.query("select * from analysis.schema_privilege_difference").isEmpty)
    }

    @Test("a restored database has its grants again after one migration")
    func lostGrants() async throws {
        let connection = try await TestServer.newStore().connection
        try connection.script(
            """
            revoke all on all tables in schema registry, analysis from registry_owner, registry_writer, registry_reader;
            revoke all on schema registry, analysis from registry_owner, registry_writer, registry_reader;
            """)
        let lacking: Int = try connection.query("select count(*) as n from analysis.schema_privilege_difference")[0][
            "n"]
        #expect(lacking > 200)
        #expect(try Schema.current.migrate(connection).privileges == lacking)
        try connection.execute("set role registry_reader")
        #expect(try connection.query("select * from analysis.run").isEmpty)
    }
}
