import Foundation
import PostgreSQL
import Testing

@Suite("An import that is interrupted")
struct InterruptedImportTests {
    @Test("kill -9, SIGINT and SIGTERM at any moment: all is stored or nothing, and the next import stores it")
    func interrupted() async throws {
        let program = try await Program.onNewDatabase()
        try await program.succeed("db", "migrate")
        let connection = try program.connect()
        func stored() throws -> [Int] {
            let row = try connection.query(
                """
                select (select count(*) from registry.dataset) as datasets,
                       (select count(*) from registry.split) as splits,
                       (select count(*) from registry.sample) as samples,
                       (select count(*) from registry.sample_feature) as features
                """)[0]
            return try ["datasets", "splits", "samples", "features"].map { try row[$0] }
        }
        var folders: [URL] = []
        for shift in 0..<6 as Range<UInt8> {
            folders.append(try await Disturbed.smallFolder(training: 1000, test: 200) { ($0 + shift) % 10 })
        }
        var interrupted = 0
        for round in 0..<18 {
            let (folder, signal) = (folders[round % 6], [SIGKILL, SIGINT, SIGTERM][round % 3])
            let before = try stored()
            let importing = try program.start("dataset", "import", "x", folder.path, "--source", "\(round)", "--quiet")
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...300)))
            kill(importing.identifier, signal)
            let ended = try await importing.end()
            // The server may still be at a COMMIT that the program did not wait for.
            try await wait(until: "its session is over") {
                try connection.query(
                    "select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
                ).isEmpty
            }
            let after = try stored()
            let isStored = after[0] == before[0] + 1
            #expect(isStored || after == before, "\(before) \(after)")
            #expect(after[2] == after[1] / 2 * 1200 && after[3] == after[2], "\(after)")
            #expect(ended.status == 0 ? isStored : [130, 128 + signal].contains(ended.status), "\(ended.errors)")
            interrupted += ended.status == 0 ? 0 : 1
            try await program.succeed("dataset", "import", "x", folder.path, "--source", "\(round)", "--quiet")
            #expect(try stored()[0] == before[0] + 1)
        }
        #expect(interrupted > 3, "some met an import")
        try await program.succeed("doctor", "--deep")
    }
}
