import Foundation
import PostgreSQL
import TestServer
import Testing

@Suite("The doctor")
struct DoctorTests {
    @Test("a schema as it was made is well; a lost index, a lost constraint and a lost grant are named")
    func findings() async throws {
        let program = try await Program.onNewDatabase()
        func facts() async throws -> (status: Int32, facts: [String: Any]) {
            let result = try await program.run("doctor", "--format", "json")
            return (result.status, try #require(try result.json() as? [String: Any]))
        }
        let well = try await facts()
        #expect(well.status == 0 && (well.facts["findings"] as? [Any])?.isEmpty == true)
        #expect(well.facts["changed_objects"] as? Int == 0 && well.facts["schema"] as? Int ?? 0 > 0)

        let other = try program.connect()
        try other.script(
            """
            drop index registry.run_dataset_id_index;
            alter table registry.run drop constraint run_epochs_check;
            revoke select on analysis.run from registry_reader;
            """)
        try other.script("begin; select txid_current()")
        let ill = try await facts()
        #expect(ill.status == 65)
        let objects = try #require(ill.facts["findings"] as? [[String: Any]]).compactMap { $0["object"] as? String }
        #expect(
            objects == [
                "analysis.run", "constraint run_epochs_check on registry.run", "index registry.run_dataset_id_index",
            ])
        #expect(ill.facts["oldest_transaction_seconds"] as? Double ?? 0 > 0)
        try other.script("rollback")
        let text = try await program.run("doctor")
        #expect(text.output.contains("run_dataset_id_index") && text.output.contains("registry_reader lacks select"))
        #expect(text.errorLines.count == 1 && text.errors.contains("registry db migrate"))

        try await program.succeed("db", "migrate")
        #expect(try await facts().facts["wrong_privileges"] as? Int == 0)
        let csv = try await program.run("doctor", "--format", "csv")
        #expect(csv.status == 65 && csv.output.hasPrefix("name,value"))
    }

    @Test("views and functions that others dropped or changed are made again by a migration; a lost table is named")
    func restored() async throws {
        let program = try await Program.withSmallDataset()
        let train = ["train", "mlp", "--dataset", "small", "--epochs", "1", "--quiet"]
        for name in ["mlp", "other"] { try await program.succeed(train + ["--name", name]) }
        let other = try program.connect()
        func objects() throws -> [String] {
            try other.query("select object || checksum as object from analysis.schema_definitions() order by 1")
                .map { try $0["object"] }
        }
        let before = try objects()
        for (damage, command) in [
            ("drop function analysis.mcnemar cascade", ["compare", "mlp", "other"]),
            ("drop view analysis.run cascade", ["runs"]),
            ("drop function registry.count_version", train),
            // With other columns it cannot simply be replaced.
            ("drop view analysis.schedule; create view analysis.schedule as select 1 as one", ["schedule", "list"]),
            ("drop function analysis.schema_definitions cascade", ["doctor"]),
        ] {
            try other.script(damage)
            let refused = try await program.run(command)
            #expect(refused.status == 69 && refused.errorLines.count == 1, "\(damage): \(refused.errors)")
            #expect(refused.errors.contains("registry db migrate"), "\(damage): \(refused.errors)")
            let migrated = try await program.succeed("db", "migrate")
            #expect(migrated.errors.contains("Made again: "), "\(damage): \(migrated.errors)")
            #expect(try objects() == before, "\(damage)")
            try await program.succeed(command)
        }

        try other.script("drop table registry.near_duplicate cascade")
        for command in [["dataset", "check", "small"], ["db", "migrate"]] {
            let refused = try await program.run(command)
            #expect(refused.status == 69 && refused.errors.contains("registry.near_duplicate"), "\(refused.errors)")
            #expect(refused.errorLines.last?.contains("registry doctor") == true, "\(refused.errors)")
        }
        let doctor = try await program.run("doctor")
        #expect(doctor.status == 65 && doctor.output.contains("table registry.near_duplicate"), "\(doctor.output)")
    }
}
