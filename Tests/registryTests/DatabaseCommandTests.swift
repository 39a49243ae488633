import Foundation
import PostgreSQL
import TestServer
import Testing

@Suite("The database of the command line")
struct DatabaseCommandTests {
    @Test("four commands at once on an empty home make one server, and all succeed")
    func embedded() async throws {
        let (program, home) = try Program.withEmptyHome()
        #expect(try await program.succeed("db", "status").output.contains("not made yet"))
        let commands = try (0..<4).map { _ in try program.start("models") }
        for command in commands {
            let result = try await command.end()
            #expect(result.status == 0, "\(result.errors)")
        }
        let status = try await program.succeed("db", "status").output
        #expect(status.contains("running, PostgreSQL"))
        let data = home.appending("postgresql")
        let entries = try FileManager.default.contentsOfDirectory(
            atPath: URL(filePath: data.string).resolvingSymlinksInPath().path)
        #expect(entries.filter { $0.hasPrefix("data") } == ["data"])

        let url = try await program.succeed("db", "url").output.trimmingCharacters(in: .newlines)
        let versions: Int = try Connection(url).query("select count(*) as n from registry.schema_migration")[0]["n"]
        #expect(versions >= 1)
        let psql = try await program.succeed("db", "psql", "--", "-Atc", "select 6 * 7")
        #expect(psql.output == "42\n")

        try await program.succeed("db", "stop")
        #expect(try await program.succeed("db", "status").output.contains("stopped, PostgreSQL"))
        try await program.succeed("db", "start")
        #expect(try await program.succeed("models").status == 0)
        try await program.succeed("db", "stop")
    }

    @Test("eight processes migrate one empty database at once")
    func migrations() async throws {
        let program = try await Program.onNewDatabase()
        let commands = try (0..<8).map { _ in try program.start("db", "migrate") }
        var appliers = 0
        for command in commands {
            let result = try await command.end()
            #expect(result.status == 0, "\(result.errors)")
            if result.errors.contains("0001-schema") { appliers += 1 }
        }
        #expect(appliers == 1)
    }

    @Test("start and stop are for the embedded server alone")
    func external() async throws {
        let program = try await Program.onNewDatabase()
        for command in ["start", "stop"] {
            let result = try await program.run("db", command)
            #expect(result.status == 64 && result.errors.contains("is for the embedded server"))
        }
        #expect(try await program.succeed("db", "status").output.contains("external server"))
    }
}
