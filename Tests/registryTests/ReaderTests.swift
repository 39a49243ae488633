import Foundation
import PostgreSQL
import TestServer
import Testing

@Suite("The role registry_reader")
struct ReaderTests {
    /// Whoever has the role, connecting under a name of its own to a database that another has filled.
    private func reader(of program: Program) throws -> Program {
        let name = "analyst_\(UInt32.random(in: 0...UInt32.max))"
        try program.connect().execute("create role \(name) login in role registry_reader")
        var reader = program
        let url = try #require(program.environment["REGISTRY_DATABASE_URL"])
        reader.environment["REGISTRY_DATABASE_URL"] = url + " user=\(name)"
        return reader
    }

    @Test("an analyst's login runs every command that reads, and none that writes")
    func readingCommands() async throws {
        let disturbed = try await Disturbed.onNewDatabase(epochs: 2)
        let program = disturbed.program
        let flags = ["--dataset", "small", "--epochs", "2", "--quiet"]
        #expect(try await program.run(["train", "mlp"] + flags).status == 0)
        try await program.succeed("robustness", "mlp", "--only", "blur")
        try await program.succeed("alias", "mlp", "production")
        try await program.succeed("schedule", "add", "nightly", "0 3 * * *", "retrain")
        _ = try await disturbed.queue()

        let reader = try reader(of: program)
        let folder = FileManager.default.temporaryDirectory.appending(path: "registry-test-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for command in [
            ["models"], ["runs"], ["show", "mlp"], ["show", "mlp@production"], ["compare", "mlp", "undisturbed"],
            ["errors", "mlp"], ["diff", "undisturbed", "mlp"], ["calibration", "mlp"],
            ["hardest", "--dataset", "small"],
            ["hardest", "--dataset", "small", "--class", "4", "--model", "mlp", "--since", "0000-01-01"],
            ["predictions", "mlp"], ["curve", "mlp", "undisturbed"], ["curve", "mlp", "--accuracy"],
            ["curve", "mlp", "--output", folder.appending(path: "a.svg").path],
            ["report", "mlp", "undisturbed", "--output", folder.appending(path: "a.html").path],
            ["robustness", "mlp", "--only", "blur"], ["dataset", "list"], ["dataset", "show", "small"],
            ["dataset", "inspect", "small", "--test"], ["dataset", "drift", "small"], ["jobs"], ["schedule", "list"],
            ["db", "status"], ["db", "psql", "--", "-c", "select * from analysis.class_feature"],
        ] {
            let result = try await reader.run(command)
            #expect(result.status == 0, "\(command): \(result.errors)")
            let isFile = command.contains("--output")
            #expect(result.output.isEmpty == isFile, "\(command)")
        }

        let before = try program.connect().query("select from registry.run").count
        for command in [
            ["train", "mlp"] + flags, ["alias", "mlp", "best"], ["robustness", "mlp", "--only", "noise"],
        ] {
            let result = try await reader.run(command)
            #expect(result.status == 77 && result.errorLines.last?.contains("permission denied") == true, "\(command)")
        }
        #expect(try program.connect().query("select from registry.run").count == before)
    }
}
