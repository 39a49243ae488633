import PostgreSQL
import Store
import TestServer
import Testing

@testable import registry

@Suite("Names: one rule on the command line and in the database")
struct NameTests {
    private static let wrong = [
        "é", "e\u{301}", "Größe", "数", "٣", "ª", "ⅷ", "m\u{200D}", "\u{202E}m", "", " ", "my model", "m\n", "\nm",
        "a\tb",
        "a/b", "../m", ".hidden", "_m", "a,b", "a:b", "m'", "m;drop", "m\u{1B}[31m", String(repeating: "a", count: 101),
    ]
    private static let right = ["m", "0", "A.b_c-9", String(repeating: "a", count: 100)]

    /// Commands with a place for a name.
    private static let commands = [
        ["train", "mlp", "--name", "NAME"], ["train", "mlp", "--dataset", "NAME"], ["dataset", "fetch", "NAME"],
        ["dataset", "import", "NAME", "/proc/nonexistent"], ["dataset", "show", "NAME"],
        ["dataset", "inspect", "NAME"],
        ["dataset", "drift", "NAME"], ["dataset", "drift", "mnist", "NAME"],
        ["schedule", "add", "NAME", "0 3 * * *", "retrain"],
        ["schedule", "add", "night", "0 3 * * *", "retrain", "NAME"],
        ["schedule", "remove", "NAME"], ["retrain", "NAME"], ["models", "--model", "NAME"],
        ["runs", "--model", "NAME"],
        ["hardest", "--model", "NAME"], ["hardest", "--dataset", "NAME"], ["show", "NAME"], ["curve", "NAME"],
        ["errors", "NAME"], ["predictions", "NAME"], ["compare", "mlp", "NAME"], ["robustness", "NAME"],
        ["report", "NAME"], ["export", "NAME", "file.onnx"], ["alias", "NAME", "production"], ["alias", "mlp", "NAME"],
    ]

    /// What the parser, which runs before anything else, says of the words.
    private func refusal(_ words: [String]) -> String? {
        do {
            _ = try Registry.parseAsRoot(words)
            return nil
        } catch {
            #expect(Registry.exitCode(for: error).rawValue == 64)
            return Registry.message(for: error)
        }
    }

    @Test("a name that the database does not take is refused before any work, by every command", arguments: commands)
    func refused(command: [String]) {
        for name in Self.wrong where !(name == "a:b" && command.contains("drift")) {  // A colon and a split.
            let message = refusal(command.map { $0 == "NAME" ? name : $0 })
            #expect(message?.contains("can't be a") == true, "\(name.debugDescription): \(message ?? "taken")")
            #expect(message?.contains("letters a to z, digits") == true)
        }
        for name in Self.right where command != ["alias", "mlp", "NAME"] || name != "0" {
            #expect(refusal(command.map { $0 == "NAME" ? name : $0 }) == nil)
        }
    }

    @Test("an exit status of 64 and one line of its own, whatever the name's letters")
    func status() async throws {
        let program = Program(environment: ["HOME": "/proc/nonexistent", "PATH": "/usr/bin:/bin"])
        for name in ["数", "m\n", "\u{1B}[31m"] {
            let result = try await program.run("train", "mlp", "--name", name)
            #expect(result.status == 64 && result.output.isEmpty)
            #expect(result.errorLines.filter { $0.hasPrefix("registry: ") }.count == 1, "\(result.errors)")
            #expect(!result.errors.contains("\u{1B}"))
        }
    }

    @Test("the tables' checks take what the command line takes, and refuse what it refuses")
    func tables() async throws {
        let connection = try Connection(try await TestServer.newDatabase())
        _ = try Store(connection: connection)
        let versions = ["v2", "V2", "v", "v1.2", "latest", "Latest", "newest", "NEWEST", "12"]
        let aliases = ["production", "v2-candidate", "vgg", "latest-good", "x.1"]
        for constraint in ["model_name_check", "dataset_name_check", "schedule_name_check", "model_alias_alias_check"] {
            let check: String = try connection.query(
                "select pg_get_expr(conbin, conrelid) as expression from pg_constraint where conname = $1", constraint)[
                    0][
                    "expression"]
            for name in Self.wrong + Self.right + versions + aliases {
                let fault = constraint.contains("alias") ? Names.fault(inAlias: name) : Names.fault(in: name)
                let takes: Bool = try connection.query(
                    "select \(check) as takes from (select $1::text as name, $1::text as alias) as row", name)[0][
                        "takes"]
                #expect(takes == (fault == nil), "\(constraint) \(name.debugDescription)")
            }
        }
        for name in versions {
            #expect(Names.fault(inAlias: name) != nil)
            #expect(refusal(["alias", "mlp", name])?.contains("can't be an alias") == true)
        }
        for name in aliases { #expect(refusal(["alias", "mlp", name]) == nil) }
    }
}
