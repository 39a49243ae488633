import Foundation
import Testing

@Suite("Variables of the environment")
struct EnvironmentTests {
    /// Empty, and what none of them takes. The shell turns the last one into bytes that are not UTF-8.
    private static let values = [
        "", "-1", "99999999999999999999", "\u{1}\u{1B}[31m", "'; drop table x; --", "../x",
        String(repeating: "x", count: 20_000), notText,
    ]
    private static let notText = "not text"

    /// With a trained version, and what `models` says of it.
    private static func trained() async throws -> (Program, Program.Result) {
        let program = try await Program.withSmallDataset()
        try await program.succeed("train", "mlp", "--dataset", "small", "--epochs", "1", "--quiet")
        return (program, try await program.succeed("models", "--format", "json"))
    }

    /// Runs `models` with one value for each of the variables.
    private static func models(
        _ program: Program, with variables: [String], _ value: String
    ) async throws -> Program.Result {
        var program = program
        let command = [Program.executable.path, "models", "--format", "json"]
        guard value == notText else {
            for variable in variables { program.environment[variable] = value }
            return try await program.start(command[0], arguments: Array(command.dropFirst())).end()
        }
        let exports = variables.map { "export \($0)=$'\\xFF\\xFE'" }.joined(separator: "; ")
        return try await program.start("/bin/bash", arguments: ["-c", "\(exports); exec \"$0\" \"$@\""] + command).end()
    }

    @Test("what says nothing of the database changes no answer, whatever it holds")
    func harmless() async throws {
        let (program, expected) = try await Self.trained()
        let variables = [
            "REGISTRY_HOME", "XDG_DATA_HOME", "TMPDIR", "LANG", "LC_CTYPE", "LC_MESSAGES", "LC_NUMERIC", "TZ", "TERM",
            "COLORTERM", "COLUMNS", "LINES", "NO_COLOR", "REGISTRY_CPU", "NOTIFY_SOCKET", "WATCHDOG_USEC",
            "WATCHDOG_PID", "LISTEN_FDS", "PAGER", "USER", "LOGNAME", "SHELL", "http_proxy", "https_proxy",
            "OPENSSL_CONF", "SSL_CERT_FILE", "MALLOC_ARENA_MAX", "SWIFT_BACKTRACE", "PGSSLCOMPRESSION", "PGSSLCERT",
            "PGSSLKEY",
            "PGSSLROOTCERT", "PGSSLCRL", "PGREQUIRESSL", "PGKRBSRVNAME", "PGCLIENTENCODING", "PGSYSCONFDIR",
            "PGLOCALEDIR", "PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD",
        ]
        for value in Self.values {
            let result = try await Self.models(program, with: variables, value)
            #expect(result.status == 0 && result.output == expected.output, "\(value): \(result.errors)")
            #expect(result.errors.isEmpty, "\(value): \(result.errors)")
        }
    }

    @Test("libpq's own settings: the same answer, or one line that names the variable")
    func libpq() async throws {
        let (program, expected) = try await Self.trained()
        for variable in [
            "PGOPTIONS", "PGAPPNAME", "PGSSLMODE", "PGREQUIREPEER", "PGCHANNELBINDING", "PGGSSENCMODE",
            "PGCONNECT_TIMEOUT", "PGTZ", "PGDATESTYLE", "PGGEQO", "PGTARGETSESSIONATTRS", "PGSSLMINPROTOCOLVERSION",
            "PGSSLMAXPROTOCOLVERSION", "PGSERVICE",
        ] {
            for value in ["", "\u{1}\u{1B}[31m", String(repeating: "x", count: 100_000)] {
                let result = try await Self.models(program, with: [variable], value)
                guard result.status != 0 else {
                    #expect(result.output == expected.output && result.errors.isEmpty, "\(variable)")
                    continue
                }
                #expect(result.status == 69 && result.output.isEmpty, "\(variable): \(result.errors)")
                #expect(result.errorLines.count == 1 && !result.errors.contains("\u{1B}"), "\(variable)")
                let isNamed = result.errors.contains(variable) || variable == "PGSERVICE"
                #expect(isNamed, "\(variable): \(result.errors)")
            }
        }
        // What is right changes no answer.
        for (variable, value) in [
            ("PGTZ", "Asia/Kathmandu"), ("PGDATESTYLE", "German"), ("PGCLIENTENCODING", "LATIN1"),
            ("PGOPTIONS", "-c search_path=public -c extra_float_digits=-15 -c bytea_output=escape"),
            ("PGTARGETSESSIONATTRS", "read-write"), ("PGHOSTADDR", "127.0.0.9"), ("PGAPPNAME", "é"),
        ] {
            let result = try await Self.models(program, with: [variable], value)
            #expect(result.output == expected.output && result.errors.isEmpty, "\(variable): \(result.errors)")
        }
    }

    @Test("a path that has no program, and a folder for temporary files that is none, are named")
    func paths() async throws {
        var (program, _) = try await Self.trained()
        let small = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Resources/small").path
        for folder in ["/nonexistent/x", "relative", "/dev/null", "/proc", String(repeating: "x", count: 5000)] {
            program.environment["TMPDIR"] = folder
            let result = try await program.run("dataset", "import", "again", small)
            #expect([0, 74].contains(result.status) && result.errorLines.count == 1, "\(folder): \(result.errors)")
            if result.status == 74 { #expect(result.errors.contains("TMPDIR"), "\(result.errors)") }
        }
        for path in ["", ":", "/nonexistent", "/dev/null", "relative", String(repeating: "x", count: 100_000)] {
            program.environment["PATH"] = path
            let psql = try await program.run("db", "psql", "--", "-c", "select 1")
            #expect(psql.status == 64 && psql.errors.contains("psql is not installed"), "\(path): \(psql.errors)")
            #expect(try await program.run("models").status == 0)
        }
        // The server is found elsewhere, the program that changes root's user is not.
        guard geteuid() == 0 else { return }
        program.environment["REGISTRY_DATABASE_URL"] = nil
        program.environment["PATH"] = "/nonexistent"
        let result = try await program.run("models")
        #expect(result.status == 69 && result.errors.contains("no folder of PATH has it"), "\(result.errors)")
    }
}
