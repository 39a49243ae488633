import PostgreSQL
import TestServer
import Testing

@testable import Store

@Suite("What a reader's own SQL can do")
struct ReaderStatementTests {
    private static let statements = [
        "select * from registry.run", "select bytes from registry.artifact_chunk", "table registry.schema_migration",
        "select nextval('registry.run_run_id_seq')", "select setval('registry.run_run_id_seq', 1)",
        "insert into analysis.run (run) values (1)", "select registry.count_version(1, 1, 1)",
        "insert into analysis.error_category (category) values ('x')",
        "update analysis.schedule set cron = '* * * * *'",
        "delete from registry.model", "delete from analysis.model_version", "truncate registry.run",
        "with gone as (delete from registry.model returning 1) select * from gone",
        "do $$ begin delete from registry.model; end $$", "select * from analysis.run for update",
        "drop view analysis.run", "alter view analysis.run rename to walk",
        "alter view analysis.run owner to registry_reader",
        "create or replace view analysis.run as select 1 as run", "create table analysis.own (a integer)",
        "create table public.own (a integer)", "create view analysis.own as select 1 as one",
        "create function analysis.own() returns integer language sql as 'select 1'", "create schema own",
        "create rule own as on insert to analysis.run do instead nothing",
        "create trigger own before insert on registry.run for each row execute function suppress_redundant_updates_trigger()",
        "comment on view analysis.run is 'mine'", "grant select on registry.run to registry_reader",
        "grant registry_owner to registry_reader", "set role registry_owner", "set role registry_writer",
        "create role intruder superuser", "alter role registry_reader superuser", "drop role registry_writer",
        "create database own", "create extension dblink",
        "alter system set log_statement = 'all'",
        "set session_replication_role = replica", "set log_statement = 'none'", "load '/tmp/own.so'", "checkpoint",
        "copy registry.run to stdout", "copy (select 1) to '/tmp/own'", "copy (select 1) to program 'id > /tmp/own'",
        "select pg_read_file('/etc/passwd')", "select pg_read_binary_file('pg_hba.conf')", "select pg_ls_dir('.')",
        "select lo_import('/etc/passwd')", "select pg_reload_conf()", "select pg_switch_wal()",
        "select * from pg_authid", "select * from pg_hba_file_rules", "create publication own for all tables",
        "create event trigger own on ddl_command_end execute function suppress_redundant_updates_trigger()",
    ]

    /// A superuser's store, and a login that has the reader's role and nothing else.
    private func connect() async throws -> (owner: Connection, reader: Connection) {
        let database = try await TestServer.newDatabaseWithSchema()
        let owner = try Connection(database)
        let name = "analyst_\(UInt32.random(in: 0...UInt32.max))"
        try owner.execute("create role \(name) login in role registry_reader")
        return (owner, try Connection("\(database) user=\(name)"))
    }

    @Test("statements that write, seize or read more than the views are refused, each for want of a right")
    func refused() async throws {
        let (owner, reader) = try await connect()
        func objects() throws -> [String] {
            try owner.query(
                """
                select relname::text || coalesce(relacl::text, '') || relowner as object from pg_class
                union all
                select proname::text || proowner from pg_proc
                union all
                select rolname::text || rolsuper from pg_roles where rolname like 'registry%'
                 order by 1
                """
            ).map { try $0["object"] }
        }
        let before = try objects()
        for statement in Self.statements {
            let error = #expect(throws: PostgreSQLError.self, "\(statement)") { try reader.execute(statement) }
            // A view that cannot be written to, and a trigger that is no event's, are refused as such.
            let isRefused =
                [.insufficientPrivilege, .objectNotInPrerequisiteState].contains(error?.sqlState)
                || ["55000", "42809", "0A000", "42P17", "42710"].contains(error?.sqlState?.code ?? "")
            #expect(isRefused, "\(statement): \(error?.description ?? "taken")")
        }
        #expect(try objects() == before)
        #expect(try reader.query("select * from analysis.run").isEmpty)
    }

    /// Values at the ends of each type that the functions take.
    private static let values = [
        "bigint": ["0", "-1", "9223372036854775807", "-9223372036854775808", "4000000000000000000", "null"],
        "integer": ["0", "-1", "2147483647", "-2147483648", "null"], "smallint": ["0", "-1", "32767", "null"],
        "numeric": ["0", "-1", "1e300", "'NaN'", "null"],
        "double precision": ["0", "-1", "0.5", "1e308", "1e-308", "'NaN'", "'Infinity'", "'-Infinity'", "null"],
        "text": ["''", "'x'", "'%s %I'", "null"], "boolean": ["true", "null"],
        "double precision[]": ["'{}'", "'{0,NaN,null,Infinity}'", "'{{1,2},{3,4}}'", "null"],
        "real[]": ["'{}'", "'{0,NaN,null,Infinity}'", "'{1e38}'", "null"],
        "integer[]": ["'{}'", "'{2147483647,-1,null}'", "null"],
        "bigint[]": ["'{}'", "'{9223372036854775807,null}'", "null"], "text[]": ["'{}'", "'{a,null}'", "null"],
        "timestamp with time zone": ["'-infinity'", "'infinity'", "null"], "interval": ["'178000000 years'", "null"],
    ]

    @Test("functions with numbers at the ends of their types give a row or an error of the data, and that soon")
    func extremes() async throws {
        let (_, reader) = try await connect()
        try reader.execute("set statement_timeout = '10s'")
        let functions = try reader.query(
            """
            select proname::text as name, coalesce(
                       array_agg(format_type(type, null) order by place) filter (where type is not null), '{}') as types
              from pg_proc
              left join unnest(proargtypes) with ordinality as argument (type, place)
                on true
             where pronamespace = 'analysis'::regnamespace
               and prorettype <> 'trigger'::regtype
             group by pg_proc.oid, proname
             order by proname
            """)
        #expect(functions.count > 5)
        var calls = 0
        for function in functions {
            let (name, types): (String, [String]) = (try function["name"], try function["types"])
            // Each value of each argument, with those of the others at the same place in their lists.
            let lists = types.map { Self.values[$0] ?? ["null"] }
            for type in types { #expect(Self.values[type] != nil, "\(name): \(type)") }
            for (index, list) in lists.enumerated() {
                for (place, value) in list.enumerated() {
                    for shift in 0..<3 {
                        let words = lists.enumerated().map { other, list in
                            other == index ? value : list[(place + shift * (other + 1)) % list.count]
                        }
                        let call = zip(words, types).map { "\($0)::\($1)" }.joined(separator: ", ")
                        calls += 1
                        do {
                            _ = try reader.query("select * from analysis.\"\(name)\"(\(call))")
                        } catch let error as PostgreSQLError {
                            // Class 22: data exceptions; P0001: a function's own refusal.
                            let state = error.sqlState?.code ?? ""
                            #expect(state.hasPrefix("22") || state == "P0001", "\(name)(\(call)): \(error)")
                        }
                    }
                }
            }
        }
        #expect(calls > 300)
    }
}
