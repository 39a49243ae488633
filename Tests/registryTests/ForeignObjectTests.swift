import PostgreSQL
import TestServer
import Testing

/// Whoever may create in `public` waits there for a superuser whose statement fits their function better than the
/// server's own (CVE-2018-1058).
@Suite("Foreign objects in public")
struct ForeignObjectTests {
    /// Functions of one and two arguments under every name that the schema's own code contains, and operators, for all
    /// pairs of types for which the server has no exact one. Each of them makes its owner superuser.
    private static let plant = """
        do $plant$
        declare
            types text[] := array['smallint', 'integer', 'bigint', 'real', 'double precision', 'numeric', 'text',
                                  'interval'];
            known text;
            first_type text;
            second_type text;
        begin
            for known in select distinct proname from pg_catalog.pg_proc
                          where pronamespace = 'pg_catalog'::regnamespace
                            and proname in (\(names)) loop
                foreach first_type in array types loop
                    execute format('create function public.%I(%s) returns %2$s language plpgsql as
                        $$begin perform public.seize(); return $1; end$$', known, first_type);
                    foreach second_type in array types loop
                        execute format('create function public.%I(%s, %s) returns %2$s language plpgsql as
                            $$begin perform public.seize(); return $1; end$$', known, first_type, second_type);
                    end loop;
                end loop;
            end loop;
            foreach known in array array['+', '-', '*', '/', '^', '=', '<', '>', '<=', '>=', '<>', '||', '->', '->>'] loop
                foreach first_type in array types loop
                    foreach second_type in array types loop
                        execute format('create operator public.%s (leftarg = %s, rightarg = %s, function = public.%s)',
                                       known, first_type, second_type,
                                       case when known in ('=', '<', '>', '<=', '>=', '<>') then 'holds'
                                            else 'power' end);
                    end loop;
                end loop;
            end loop;
        end
        $plant$;
        """

    private static let names = [
        "power", "abs", "sqrt", "exp", "ln", "pi", "least", "sum", "avg", "count", "min", "max", "mod", "round",
        "floor",
        "ceil", "random", "format", "to_char", "btrim", "concat", "lower", "upper", "length", "cardinality",
        "octet_length", "array_length", "unnest", "generate_series", "now", "clock_timestamp", "extract", "date_part",
        "pg_notify", "encode", "sha256", "md5", "has_table_privilege", "set_config", "current_setting", "to_regclass",
        "array_to_string", "jsonb_typeof", "percentile_cont", "row_number", "lag", "stddev_samp", "array_agg",
        "pg_has_role", "pg_backend_pid", "float8", "int4", "int8", "text", "numeric",
    ].map { "'\($0)'" }.joined(separator: ", ")

    /// Comparisons must return booleans.
    private static let comparisons = """
        do $plant$
        declare
            types text[] := array['smallint', 'integer', 'bigint', 'real', 'double precision', 'numeric', 'text',
                                  'interval'];
            first_type text;
            second_type text;
        begin
            foreach first_type in array types loop
                foreach second_type in array types loop
                    execute format('create function public.holds(%s, %s) returns boolean language plpgsql as
                        $$begin perform public.seize(); return true; end$$', first_type, second_type);
                end loop;
            end loop;
        end
        $plant$;
        """

    @Test("a stranger who may create in public gains nothing from any command of a superuser")
    func strangers() async throws {
        let program = try await Program.onEmptyDatabase()
        let stranger = "stranger_\(UInt32.random(in: 0...UInt32.max))"
        let administrator = try program.connect()
        try administrator.script(
            """
            create role \(stranger);
            grant create on schema public to \(stranger);
            alter database \(try administrator.query("select current_database()::text as name")[0]["name"] as String)
              set search_path = public, pg_catalog;
            set role \(stranger);
            set search_path = pg_catalog, public;
            \(Self.comparisons.replacing("do $plant$", with: Self.seize + "do $plant$"))
            \(Self.plant)
            reset role;
            """)
        func isSuperuser() throws -> Bool {
            try administrator.query("select rolsuper from pg_catalog.pg_roles where rolname = $1", stranger)[0][
                "rolsuper"]
        }
        // The trap works: it shuts where names are resolved in public.
        let careless = try program.connect()
        try careless.execute("set search_path = public, pg_catalog")
        _ = try careless.query("select power(2::bigint, 3) as x")
        #expect(try isSuperuser())
        try administrator.execute("alter role \(stranger) nosuperuser")

        let disturbed = try await Disturbed(program, epochs: 2)
        let flags = ["--dataset", "small", "--epochs", "2", "--quiet"]
        for command in [
            ["db", "migrate"], ["train", "mlp"] + flags, ["train", "mlp"] + flags + ["--seed", "2"], ["models"],
            ["runs"],
            ["show", "mlp"], ["compare", "mlp@1", "mlp@2"], ["errors", "mlp"], ["hardest", "--dataset", "small"],
            ["hardest", "--dataset", "small", "--since", "2000-01-01"], ["predictions", "mlp"],
            ["robustness", "mlp", "--only", "blur"], ["dataset", "list"], ["dataset", "show", "small"],
            ["dataset", "drift", "small"], ["alias", "mlp@1", "production"], ["retrain", "mlp"], ["jobs"],
            ["schedule", "add", "nightly", "0 3 * * *", "retrain"], ["schedule", "list"], ["daemon", "--once"],
            ["doctor"],
            ["db", "migrate"],
        ] {
            let result = try await program.run(command)
            #expect([0, 10].contains(result.status), "\(command): \(result.errors)")
            #expect(try !isSuperuser(), "\(command)")
        }
        // An analyst's session resolves names as it likes; what the schema's functions call is not its choice.
        for query in [
            "analysis.mcnemar(3, 4)", "analysis.paired_difference(3, 4, 100)", "analysis.wilson_interval(3, 4)",
            "analysis.holm(array[0.1, 0.2])", "analysis.verdict('a', 'b', 3, 4, 100, 0.5)",
            "analysis.risk_ratio(3, 40, 4, 50)", "registry.retry_pause(2)",
        ] { _ = try careless.query("select * from \(query)") }
        #expect(try !isSuperuser())
        _ = disturbed
    }

    private static let seize = """
        create function public.seize() returns void language plpgsql set search_path = pg_catalog as
            $$begin execute format('alter role %I superuser', (select proowner::regrole::text from pg_proc
                                                                  where oid = 'public.seize()'::regprocedure));
              exception when others then null; end$$;

        """

    @Test("every function of the schema brings a search path of its own")
    func searchPaths() async throws {
        let program = try await Program.onNewDatabase()
        let without = try program.connect().query(
            """
            select oid::regprocedure::text as name
              from pg_proc
             where pronamespace in ('registry'::regnamespace, 'analysis'::regnamespace)
               and not coalesce('search_path=pg_catalog, pg_temp' = any (proconfig), false)
            """)
        #expect(try without.map { try $0["name"] as String } == [])
    }
}
