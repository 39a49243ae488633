import Foundation
import PostgreSQL
import TestServer
import Testing

/// What an administrator sets for a database, `alter database … set`; a role's own settings come the same way.
@Suite("Settings of a database")
struct SettingTests {
    struct Settings: CustomTestStringConvertible {
        let testDescription: String
        let values: KeyValuePairs<String, String>

        init(_ description: String, _ values: KeyValuePairs<String, String>) {
            (testDescription, self.values) = (description, values)
        }

        /// On an empty database.
        func apply(to program: Program) throws {
            let connection = try program.connect()
            let name: String = try connection.query("select current_database()::text as name")[0]["name"]
            for (setting, value) in values {
                try connection.execute("alter database \(name) set \(setting) = \(value)")
            }
        }
    }

    private static let all = [
        Settings(
            "other forms of values, and other readings of text",
            [
                "datestyle": "'SQL, DMY'", "timezone": "'Asia/Kathmandu'", "intervalstyle": "'sql_standard'",
                "bytea_output": "'escape'", "extra_float_digits": "-15", "xmloption": "'document'",
                "xmlbinary": "'hex'", "lc_numeric": "'C'", "lc_monetary": "'C'", "lc_time": "'C'", "lc_messages": "'C'",
                "quote_all_identifiers": "on", "standard_conforming_strings": "off", "backslash_quote": "off",
                "escape_string_warning": "on", "client_min_messages": "'debug5'", "array_nulls": "off",
                "transform_null_equals": "on", "client_encoding": "'LATIN1'",
                "default_text_search_config": "'simple'",
            ]),
        Settings(
            "plans without scans, hashes and sorts, in an order of the server's",
            [
                "enable_seqscan": "off", "enable_hashjoin": "off", "enable_hashagg": "off", "enable_sort": "off",
                "enable_material": "off", "enable_memoize": "off", "plan_cache_mode": "'force_generic_plan'",
                "enable_partitionwise_join": "on", "cpu_operator_cost": "1e10", "random_page_cost": "1e10",
                "effective_cache_size": "'8kB'", "recursive_worktable_factor": "0.001", "cursor_tuple_fraction": "0",
                "constraint_exclusion": "on", "search_path": "'public'", "datestyle": "'German'",
                "timezone": "'America/St_Johns'", "intervalstyle": "'iso_8601'", "extra_float_digits": "0",
                "client_encoding": "'SQL_ASCII'", "client_min_messages": "'error'",
            ]),
        Settings(
            "plans without loops and indexes, parallel, and little memory",
            [
                "enable_nestloop": "off", "enable_indexscan": "off", "enable_mergejoin": "off",
                "enable_bitmapscan": "off", "enable_indexonlyscan": "off", "max_parallel_workers_per_gather": "8",
                "min_parallel_table_scan_size": "0", "parallel_setup_cost": "0", "parallel_tuple_cost": "0",
                "geqo_threshold": "2", "join_collapse_limit": "1", "from_collapse_limit": "1", "seq_page_cost": "0",
                "plan_cache_mode": "'force_custom_plan'", "search_path": "''", "work_mem": "'64kB'",
                "maintenance_work_mem": "'1MB'", "temp_buffers": "'800kB'",
            ]),
        Settings(
            "serializable transactions, and sessions that end early",
            [
                "default_transaction_isolation": "'serializable'", "default_transaction_deferrable": "on",
                "row_security": "off", "idle_session_timeout": "'1s'", "idle_in_transaction_session_timeout": "'1s'",
                "deadlock_timeout": "'1ms'", "search_path": "'registry, analysis'",
                "session_preload_libraries": "'auto_explain'", "debug_print_plan": "on", "log_statement": "'all'",
                "gin_fuzzy_search_limit": "1", "check_function_bodies": "off", "track_activities": "off",
                "default_toast_compression": "'pglz'", "lo_compat_privileges": "on", "synchronize_seqscans": "off",
                "track_functions": "'all'", "update_process_title": "off", "synchronous_commit": "off",
                "commit_delay": "1000", "role": "'none'", "password_encryption": "'md5'",
            ]),
        Settings(
            "repeatable reads",
            ["default_transaction_isolation": "'repeatable read'", "timezone": "'<-12>12'", "jit": "on"]),
    ]

    /// What each of these commands printed.
    private static func results(under settings: Settings) async throws -> [String] {
        let program = try await Program.onNewDatabase()
        try settings.apply(to: program)
        let small = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Resources/small").path
        let train = ["train", "mlp", "--dataset", "small", "--epochs", "2", "--quiet"]
        for command in [
            ["dataset", "import", "small", small], train, train + ["--name", "other", "--seed", "5"],
            ["alias", "mlp", "production"], ["schedule", "add", "nightly", "@daily", "retrain"],
        ] { try await program.succeed(command) }
        let reading = ["compare mlp other", "errors mlp", "hardest --since 2020-01-01", "dataset drift small"]
        var results: [String] = []
        for line in reading + ["doctor --deep"] {
            let words = line.split(separator: " ").map(String.init) + ["--format", "json"]
            let result = try await program.succeed(words + (line.hasPrefix("hardest") ? ["--dataset", "small"] : []))
            #expect(result.errorLines.allSatisfy { $0.hasPrefix("DEBUG: ") }, "\(line): \(result.errors)")
            if reading.contains(line) {
                // Times are others each time.
                let lines = result.output.split(separator: "\n").filter { $0.firstMatch(of: /seconds|_at"/) == nil }
                results.append(lines.joined(separator: "\n"))
            }
        }
        let digests = try program.connect().query(
            "select weights_sha256 from registry.model_version order by model_id, number")
        return try results + digests.map { try $0["weights_sha256"] }
    }

    private static let undisturbed = Task { try await results(under: Settings("as they are", [:])) }

    @Test("change no weight and no figure", arguments: all)
    func same(settings: Settings) async throws {
        let expected = try await Self.undisturbed.value
        let results = try await Self.results(under: settings)
        #expect(results.count == expected.count)
        for (result, expected) in zip(results, expected) { #expect(result == expected) }
    }

    @Test("that leave no way to work are named in one line, and nothing is half stored")
    func refused() async throws {
        for (settings, status, message) in [
            (Settings("read only", ["default_transaction_read_only": "on"]), 69, "reading only"),
            (Settings("no time", ["statement_timeout": "'1ms'"]), 75, "statement_timeout"),
        ] as [(Settings, Int32, String)] {
            let program = try await Program.withSmallDataset()
            try settings.apply(to: program)
            for command in [["train", "mlp"], ["train", "mlp", "--detach"]].map({ $0 + ["--dataset", "small"] }) {
                let result = try await program.run(command)
                #expect(result.status == status && result.errorLines.count == 1, "\(settings): \(result.errors)")
                #expect(result.errors.contains(message), "\(result.errors)")
            }
            let url = try #require(program.environment["REGISTRY_DATABASE_URL"])
            let connection = try Connection(url + " options='-c statement_timeout=0'")
            #expect(try connection.query("select from registry.run").isEmpty)
        }
    }
}
