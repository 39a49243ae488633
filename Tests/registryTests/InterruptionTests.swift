import Foundation
import PostgreSQL
import SystemPackage
import Testing

@Suite("First starts and imports that are interrupted")
struct InterruptionTests {
    private static let small = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Resources/small")
        .path

    @Test("a first start that is ended while the server is made or started is made up for by the next command")
    func firstStart() async throws {
        let (program, home) = try Program.withEmptyHome()
        let folder = home.appending("postgresql")
        func entries() -> Set<String> {
            Set((try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? [])
        }
        let importing = ["dataset", "import", "small", Self.small]
        for (signal, command, moment) in [
            (SIGINT, importing, "data.unfinished"), (SIGKILL, ["db", "start"], "data.unfinished"),
            (SIGTERM, ["models"], "data.unfinished"), (SIGKILL, importing, "data"), (SIGINT, ["models"], "data"),
        ] {
            let running = try program.start(command)
            try await wait(until: "\(moment) is there") { entries().contains(moment) || !running.isRunning }
            kill(running.identifier, signal)
            let ended = try await running.end()
            #expect([0, 128 + signal].contains(ended.status), "\(ended.status) \(ended.errors)")
            // What was killed before may go on for a moment, and is waited for.
            let isSilent = ended.errorLines.allSatisfy { $0.contains("aiting for ") }
            #expect(isSilent || ended.status == 0, "\(ended.errors)")
        }
        try await program.succeed(importing)
        let datasets = try await program.succeed("dataset", "list", "--format", "json").json() as? [Any]
        #expect(datasets?.count == 1)
        #expect(entries() == ["data", "socket"])
        try await program.succeed("db", "stop")
    }

    @Test("an import that is ended while it stores leaves nothing, and the next one stores it once")
    func storing() async throws {
        let program = try await Program.onNewDatabase()
        try await program.succeed("db", "migrate")
        let connection = try program.connect()
        for (table, mode) in [("registry.dataset", "share row exclusive"), ("registry.sample", "access exclusive")] {
            for signal in [SIGINT, SIGTERM, SIGHUP, SIGKILL] {
                let lock = try program.connect()
                try lock.script("begin; lock table \(table) in \(mode) mode")
                let importing = try program.start("dataset", "import", "small", Self.small)
                try await wait(until: "the import waits for \(table)") {
                    try !connection.query(
                        "select from pg_stat_activity where $1 = any (pg_blocking_pids(pid))", Int(lock.serverProcessID)
                    ).isEmpty || !importing.isRunning
                }
                kill(importing.identifier, signal)
                let ended = try await importing.end()
                #expect(ended.status == 128 + signal && ended.errors.isEmpty, "\(ended.status) \(ended.errors)")
                try lock.script("rollback")
            }
        }
        for table in ["dataset", "split", "sample"] {
            #expect(try connection.query("select from registry.\(table) limit 1").isEmpty, "\(table)")
        }
        try await program.succeed("dataset", "import", "small", Self.small)
        let again = try await program.succeed("dataset", "import", "small", Self.small)
        #expect(again.errors.contains("there already"), "\(again.errors)")
        let stored = try connection.query(
            """
            select (select count(*) from registry.dataset) as datasets,
                   (select count(*) from registry.sample) as samples
            """)
        #expect(try stored[0]["datasets"] == 1 && stored[0]["samples"] == 90)
    }
}
