import PostgreSQL
import TestServer
import Testing

@testable import registry

@Suite("What a database's administrator may set")
struct SettingTests {
    private static let all = [
        "search_path = ''", "search_path = 'nosuch'", "search_path = 'public, pg_catalog'",
        "search_path = 'analysis, registry'",
        "standard_conforming_strings = off", "backslash_quote = off", "bytea_output = 'escape'",
        "extra_float_digits = -15",
        "datestyle = 'SQL, DMY'", "datestyle = 'German'", "intervalstyle = 'iso_8601'", "timezone = 'Asia/Kathmandu'",
        "client_encoding = 'LATIN1'", "client_min_messages = debug1", "client_min_messages = error",
        "default_transaction_isolation = 'serializable'", "default_transaction_isolation = 'repeatable read'",
        "default_transaction_deferrable = on", "synchronous_commit = off", "statement_timeout = '20s'",
        "lock_timeout = '1s'",
        "idle_in_transaction_session_timeout = '2s'", "idle_session_timeout = '2s'", "work_mem = '64kB'",
        "maintenance_work_mem = '1MB'", "temp_file_limit = 0", "enable_hashjoin = off", "enable_nestloop = off",
        "enable_seqscan = off", "enable_sort = off", "jit = on", "jit_above_cost = 0",
        "plan_cache_mode = force_generic_plan",
        "from_collapse_limit = 1", "geqo_threshold = 2", "row_security = off", "array_nulls = off",
        "transform_null_equals = on", "quote_all_identifiers = on", "check_function_bodies = off", "xmlbinary = hex",
        "lc_numeric = 'C'", "max_parallel_workers_per_gather = 8", "parallel_setup_cost = 0",
        "default_statistics_target = 1",
        "commit_delay = 1000", "default_toast_compression = pglz", "vacuum_cost_delay = '10ms'",
        "log_statement = 'all'",
    ]

    @Test("no setting of a database changes a weight or a figure")
    func settings() async throws {
        let program = try await Program.withSmallDataset()
        let train = ["train", "mlp", "--dataset", "small", "--epochs", "1", "--quiet"]
        try await program.succeed(train)
        try await program.succeed(train + ["--seed", "2"])
        let compare = ["compare", "mlp@1", "mlp@2", "--format", "json"]
        let expected = try await program.succeed(compare).output
        let url = try #require(program.environment["REGISTRY_DATABASE_URL"])
        let name: String = try program.connect().query("select current_database()::text as name")[0]["name"]
        let administrator = try Connection(url.replacing(/dbname=\S+/, with: "dbname=postgres"))
        for setting in Self.all {
            try administrator.execute("alter database \(name) set \(setting)")
            try await program.succeed(train)
            #expect(try await program.succeed(compare).output == expected, "\(setting)")
            try administrator.execute("alter database \(name) reset all")
        }
        let weights = try program.connect().query(
            "select distinct weights_sha256 from analysis.model_version where version <> 2")
        #expect(weights.count == 1)
        let states = try program.connect().query("select distinct state from registry.run")
        #expect(try states.map { try $0["state"] as String } == ["succeeded"])
    }

    @Test(
        "settings that let nothing be written, or no statement end, are said in one line",
        arguments: [
            ("default_transaction_read_only = on", 69)
        ])
    func impossible(setting: String, status: Int32) async throws {
        let program = try await Program.withSmallDataset()
        let name: String = try program.connect().query("select current_database()::text as name")[0]["name"]
        try program.connect().execute("alter database \(name) set \(setting)")
        let result = try await program.run("train", "mlp", "--dataset", "small", "--epochs", "1")
        #expect(result.status == status && result.errorLines.count == 1, "\(result.status) \(result.errors)")
        #expect(try program.connect().query("select from registry.run where state = 'running'").isEmpty)
    }
}
