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
}
