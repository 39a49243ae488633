import Foundation
import Testing

@Suite("Environment variables")
struct EnvironmentTests {
    /// A variable, what it is set to in turn, a command, and how that may end.
    struct Variable: CustomTestStringConvertible {
        let name: String
        let values: [String?]
        let command: [String]
        let statuses: Set<Int32>

        init(_ name: String, _ values: [String?], _ command: String = "models --format json", _ statuses: Int32...) {
            (self.name, self.values) = (name, values)
            self.command = command.split(separator: " ").map(String.init)
            self.statuses = Set(statuses.isEmpty ? [0] : statuses)
        }

        var testDescription: String { name }
    }

    private static let long = String(repeating: "x", count: 5000)
    private static let train = "train mlp --dataset small --epochs 1 --quiet"

    /// With the tests' own server.
    private static let all = [
        Variable("COLUMNS", ["", "0", "-1", "abc", "99999999999999999999", "1", "80x24", "\u{1B}[2J"], "models"),
        Variable("LC_ALL", ["", "nosuch", "POSIX", "de_DE.ISO-8859-1", "../../x", long, "tr_TR.UTF-8"], "models"),
        Variable("TERM", ["", "nosuch", "xterm-kitty", long], "dataset inspect small --limit 1"),
        Variable(
            "TZ", ["nowhere", "../../../etc/passwd", ":/dev/zero", "", "UTC-99"],
            "hardest --dataset small --since 2026-01-01", 66),
        Variable("REGISTRY_CPU", ["nosuch", "AVX2", "\u{1B}[2J", long], train, 64),
        Variable("HOME", [nil, "", "relative", "/dev/null", "/nonexistent", long]),
        Variable("NOTIFY_SOCKET", ["@", "x", "/nonexistent", "/dev/null", long], "daemon --once"),
        Variable("TMPDIR", ["/nonexistent", "/dev/null", "/proc", long], "dataset import new FOLDER", 65, 74),
        Variable("PGCONNECT_TIMEOUT", ["abc", "-1", "99999999999"], "models", 0, 64, 69),
        Variable("PGOPTIONS", ["--nosuch", "-c nosuch=1", "-c search_path=x", long], "models", 0, 69),
        Variable("PGSSLMODE", ["nosuch", "verify-full"], "models", 0, 64, 69),
        Variable("PGCLIENTENCODING", ["LATIN1", "SQL_ASCII", "nosuch"], "models", 0, 69),
        Variable("PGTZ", ["nowhere", "America/New_York"], "models", 0, 69),
        Variable("PGDATESTYLE", ["nosuch", "SQL, DMY"], "models", 0, 69),
        Variable("PGAPPNAME", ["\u{1B}[2J"], "models"),
        Variable("PGTARGETSESSIONATTRS", ["nosuch", "standby"], "models", 64, 69),
        Variable("PGPASSFILE", ["/dev/zero", "/dev", "/nonexistent"], "models"),
        Variable("PGSERVICE", ["nosuch"], "models", 0, 64, 69),
        Variable("REGISTRY_DATABASE_URL", [" ", "nonsense", "postgresql://[", "=", "a=b", "'"], "models", 64),
        Variable("REGISTRY_DATABASE_URL", ["host=/nonexistent", "host=127.0.0.1 port=1"], "models", 69),
    ]

    /// With an embedded server that must not be made.
    private static let homes = [
        Variable(
            "REGISTRY_HOME", ["relative", ".", "/\(long)", "/tmp/a\nb", "/tmp/\u{1B}[2J", "/tmp/\u{85}"], "models", 64),
        Variable(
            "REGISTRY_HOME",
            ["/dev/null", "/dev/null/x", "/proc/x", "/sys/x", "/etc/passwd", "/etc/passwd/x", "/dev/full"], "models",
            69, 77),
        Variable("XDG_DATA_HOME", ["relative", "/\(long)", "/dev/null/x"], "models", 64, 69),
        Variable("PGHOST", ["/nonexistent", "127.0.0.1:1", ",,,", "\u{1B}[2J"], "models", 64, 69),
        Variable("PGPORT", ["abc", "99999", "-1", "1"], "models", 64, 69),
    ]

    @Test("that nobody would set so change nothing, or are named in one line", arguments: all + homes)
    func odd(variable: Variable) async throws {
        let isExternal = !["REGISTRY_HOME", "XDG_DATA_HOME", "PGHOST", "PGPORT"].contains(variable.name)
        let base = try await isExternal ? Program.withSmallDataset() : Program.withEmptyHome().program
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Resources/small").path
        for value in variable.values {
            var program = base
            if variable.name == "XDG_DATA_HOME" { program.environment["REGISTRY_HOME"] = nil }
            program.environment[variable.name] = value
            let result = try await program.run(variable.command.map { $0 == "FOLDER" ? folder : $0 })
            let description: Comment =
                "\(String((value ?? "unset").prefix(80)).debugDescription): \(result.status) \(result.errors)"
            #expect(variable.statuses.contains(result.status), description)
            #expect(
                result.status == 0 || result.errorLines.count == 1 && result.errors.hasPrefix("registry: "), description
            )
            #expect(result.errors.utf8.count < 2500 || variable.command[0] == "daemon", description)
            #expect(!(result.errors + result.output).unicodeScalars.contains { $0 == "\u{1B}" }, description)
        }
    }
}
