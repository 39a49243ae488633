import Foundation
import PostgreSQL
import TestServer
import Testing

@Suite("The database of the command line", .serialized)
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

    @Test(
        "a home's path may hold any printable character: no shell reads it",
        arguments: [
            "a b;c&d $(touch x) `touch x`", "quo\"te apo'strophe back\\slash", "com,ma per%cent%41 q?u#e=r é数", "-dash",
            String(repeating: "d", count: 200),
        ])
    func oddHomes(name: String) async throws {
        var (program, home) = try Program.withEmptyHome()
        home = home.removingLastComponent().appending(name)
        program.environment["REGISTRY_HOME"] = home.string
        try await program.succeed("models")
        let url = try await program.succeed("db", "url").output.trimmingCharacters(in: .newlines)
        #expect(url.hasPrefix("postgresql://") && !url.contains(" "))
        #expect(try Connection(url).query("select 1 as one")[0]["one"] == 1)
        let socket =
            try Connection(url).query("select current_setting('unix_socket_directories') as x")[0]["x"] as String
        try await program.succeed("db", "stop")
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.removingLastComponent().string) == [name])
        let isInHome = FileManager.default.fileExists(atPath: home.appending("postgresql/socket").string)
        #expect(isInHome || !FileManager.default.fileExists(atPath: socket.trimmingCharacters(in: ["\""])))
    }

    @Test(
        "a home's path that PostgreSQL cannot take is refused in one line",
        arguments: ["new\nline", "t\tab", "\u{1B}[2J", "\u{85}"])
    func impossibleHomes(name: String) async throws {
        var (program, home) = try Program.withEmptyHome()
        for name in [name, String(repeating: "\(String(repeating: "d", count: 200))/", count: 5)] {
            program.environment["REGISTRY_HOME"] = "\(home.removingLastComponent())/\(name)"
            let result = try await program.run("models")
            #expect(result.status == 64 && result.errorLines.count == 1, "\(result.errors)")
        }
    }

    @Test(
        "the first command is interrupted, and the next one finds a server or makes it",
        arguments: [(0, SIGKILL), (100, SIGINT), (300, SIGKILL), (600, SIGINT), (1000, SIGKILL), (1500, SIGINT)])
    func interruptedFirstCommand(milliseconds: Int, signal: Int32) async throws {
        let (program, home) = try Program.withEmptyHome()
        let first = try program.start("models")
        try await Task.sleep(for: .milliseconds(milliseconds))
        kill(first.identifier, signal)
        let next = try (0..<2).map { _ in try program.start("models") }
        _ = try await first.end()
        for command in next {
            let result = try await command.end()
            #expect(result.status == 0, "\(result.errors)")
        }
        let folder = URL(filePath: home.appending("postgresql").string).resolvingSymlinksInPath().path
        let entries = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(entries.filter { $0.hasPrefix("data") } == ["data"])
        try await program.succeed("db", "stop")
    }

    @Test("eight processes migrate one empty database at once")
    func migrations() async throws {
        let program = try await Program.onEmptyDatabase()
        let commands = try (0..<8).map { _ in try program.start("db", "migrate") }
        var appliers = 0
        for command in commands {
            let result = try await command.end()
            #expect(result.status == 0, "\(result.errors)")
            if result.errors.contains("0001-schema") { appliers += 1 }
        }
        #expect(appliers == 1)
    }

    @Test("the home is REGISTRY_HOME, else in XDG_DATA_HOME, else in HOME, and must be absolute")
    func homes() async throws {
        var (program, home) = try Program.withEmptyHome()
        let folder = home.removingLastComponent()
        program.environment = ["HOME": "\(folder)/h", "XDG_DATA_HOME": "\(folder)/x", "REGISTRY_HOME": "\(folder)/r"]
        #expect(try await program.succeed("db", "status").output.contains("in \(folder)/r:"))
        program.environment["REGISTRY_HOME"] = ""
        #expect(try await program.succeed("db", "status").output.contains("in \(folder)/x/registry:"))
        program.environment["XDG_DATA_HOME"] = nil
        #expect(try await program.succeed("db", "status").output.contains("in \(folder)/h/.local/share/registry:"))
        program.environment["HOME"] = "h"
        #expect(try await program.run("db", "status").status == 64)
        program.environment["HOME"] = nil
        #expect(try await program.run("db", "status").status == 64)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.string).isEmpty)
    }

    @Test("start and stop are for the embedded server alone")
    func external() async throws {
        let program = try await Program.onEmptyDatabase()
        for command in ["start", "stop"] {
            let result = try await program.run("db", command)
            #expect(result.status == 64 && result.errors.contains("is for the embedded server"))
        }
        #expect(try await program.succeed("db", "status").output.contains("external server"))
    }

    @Test("a password reaches psql by its environment, where other users can't see it")
    func password() async throws {
        var program = try await Program.onEmptyDatabase()
        let url = try #require(program.environment["REGISTRY_DATABASE_URL"])
        program.environment["REGISTRY_DATABASE_URL"] = url + " password='to p'"
        let shown = try await program.succeed(
            "db", "psql", "--", "-c", #"\! tr '\0' ' ' < /proc/$PPID/cmdline; echo "=$PGPASSWORD=""#)
        #expect(shown.output.contains("psql --dbname") && shown.output.contains("=to p=\n"), "\(shown.output)")
        #expect(shown.output.components(separatedBy: "to p").count == 2, "\(shown.output)")
    }

    @Test("a migration that is killed, again and again, is completed by the next")
    func killed() async throws {
        let program = try await Program.onEmptyDatabase()
        for milliseconds in stride(from: 20, through: 400, by: 20) {
            let migration = try program.start("db", "migrate")
            try await Task.sleep(for: .milliseconds(milliseconds))
            kill(migration.identifier, SIGKILL)
            _ = try await migration.end()
        }
        try await program.succeed("db", "migrate")
        #expect(try await program.succeed("models", "--format", "json").output.contains("[]"))
        #expect(try program.connect().query("select * from analysis.schema_difference").isEmpty)
    }

    @Test("a database that an older program made is changed by its migration alone")
    func older() async throws {
        let program = try await Program.onEmptyDatabase()
        try await program.succeed("db", "migrate")
        try program.connect().script(
            """
            create or replace view analysis.queue as select null::bigint as queued, null::bigint as delayed,
                null::bigint as running, null::bigint as abandoned, null::double precision as oldest_wait_seconds;
            update registry.schema_script set checksum = repeat('0', 64) where name = 'views/11-queue';
            update registry.schema_object set statement_checksum = null where object = 'view analysis.queue';
            """)
        for command in [["models"], ["train", "mlp", "--detach"], ["daemon", "--once"]] {
            let result = try await program.run(command)
            #expect(result.status == 69 && result.errorLines.count == 1, "\(command): \(result.errors)")
            #expect(result.errors.contains("registry db migrate"), "\(result.errors)")
        }
        #expect(try await program.succeed("db", "migrate").errors.contains("Changed: views/11-queue."))
        #expect(try await program.succeed("db", "migrate").errors.hasSuffix("The schema is up to date.\n"))
        try await program.succeed("models")
    }
}
