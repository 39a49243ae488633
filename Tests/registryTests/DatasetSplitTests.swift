import PostgreSQL
import TestServer
import Testing

@Suite("Dividing a data set again")
struct DatasetSplitTests {
    private struct Version {
        let training: Int
        let validation: Int
        let test: Int
        let testSplit: Int
    }

    private func versions(_ program: Program) throws -> [Version] {
        try program.connect().query(
            """
            select training_samples, coalesce(validation_samples, 0) as validation_samples, test_samples,
                   (select stored.test_split_id
                      from registry.dataset as stored
                     where stored.dataset_id = dataset.dataset_id) as test_split
              from analysis.dataset
             order by dataset_version
            """
        ).map { row in
            Version(
                training: try row["training_samples"], validation: try row["validation_samples"],
                test: try row["test_samples"], testSplit: try row["test_split"])
        }
    }

    @Test(
        "two shares divide what is learned and leave the test; another seed divides otherwise, the same one not again")
    func learned() async throws {
        let program = try await Program.withSmallDataset()
        for seed in ["1", "1", "2"] {
            try await program.succeed("dataset", "split", "small@1", "--split", "80/20", "--seed", seed)
        }
        let versions = try versions(program)
        try #require(versions.count == 3, "the second division is the first")
        let original = versions[0]
        #expect(original.validation == 0)
        for divided in versions.dropFirst() {
            #expect(divided.training + divided.validation == original.training)
            #expect(divided.validation > 0 && divided.validation < divided.training)
            #expect(divided.test == original.test && divided.testSplit == original.testSplit)
        }
        let shared: Int = try program.connect().query(
            """
            select count(*) as shared
              from registry.dataset
              join registry.sample as learned on learned.split_id = dataset.training_split_id
              join registry.sample as held on held.split_id = dataset.validation_split_id and held.digest = learned.digest
            """)[0]["shared"]
        #expect(shared == 0, "an image is in one split")
    }

    @Test("three shares divide all samples, and a training reports its validation")
    func whole() async throws {
        let program = try await Program.withSmallDataset()
        let original = try versions(program)[0]
        try await program.succeed("dataset", "split", "small", "--split", "60/20/20")
        let divided = try versions(program)[1]
        #expect(divided.training + divided.validation + divided.test == original.training + original.test)
        #expect(divided.testSplit != original.testSplit)
        let output = try await program.succeed("train", "mlp", "--dataset", "small@2", "--epochs", "1").output
        #expect(output.contains("validation accuracy"))
        let validated: Int = try program.connect().query(
            "select validation_samples from registry.epoch_metric")[0]["validation_samples"]
        #expect(validated == divided.validation)
    }
}
