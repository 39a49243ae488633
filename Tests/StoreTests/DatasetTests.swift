import PostgreSQL
import Samples
import TestServer
import Testing

@testable import Store

@Suite("Data sets in the database")
struct DatasetTests {
    @Test("samples come back in order, byte for byte")
    func roundTrip() async throws {
        let store = try await TestServer.newStore()
        let small = smallDataset()
        let stored = try store.importDataset(small.description, training: small.samples, test: small.samples)
        #expect(stored.outcome == .imported)
        #expect(stored.dataset.version == 1)
        #expect(stored.dataset.description == small.description)
        for split in [Split.training, .test] {
            let samples = try store.samples(of: stored.dataset, split: split)
            #expect(samples.images.pixels == small.samples.pixels)
            #expect(samples.images.labels == small.samples.labels)
            #expect(Set(samples.ids).count == 6)
        }
    }

    @Test("the same content under another name is stored once, and the name exists")
    func sameContentOnce() async throws {
        let store = try await TestServer.newStore()
        let first = smallDataset()
        let other = smallDataset(salt: 1)
        let a = try store.importDataset(first.description, training: first.samples, test: first.samples)
        let again = try store.importDataset(first.description, training: first.samples, test: first.samples)
        #expect(again == DatasetImport(dataset: a.dataset, outcome: .unchanged))
        var renamed = first.description
        renamed.name = "renamed"
        let same = try store.importDataset(renamed, training: first.samples, test: first.samples)
        #expect(same.outcome == .described)
        #expect(same.dataset.id != a.dataset.id && same.dataset.version == 1)
        #expect(same.dataset.fingerprint == a.dataset.fingerprint)
        #expect(try store.samples(of: same.dataset, split: .test).ids == store.samples(of: a.dataset, split: .test).ids)
        #expect(try store.dataset(named: "renamed") == same.dataset)
        let next = try store.importDataset(other.description, training: other.samples, test: other.samples)
        #expect(next.outcome == .imported)
        #expect(next.dataset.version == 2)
        #expect(try store.dataset(named: "small").version == 2)
        #expect(try store.dataset(named: "small@1") == a.dataset)
        #expect(throws: NotFound.self) { try store.dataset(named: "small@3") }
        let samples: Int = try store.connection.query("select count(*) as n from registry.sample")[0]["n"]
        #expect(samples == 12, "two contents, each the training and the test split of its data sets")
    }

    @Test(
        "other names of classes, another source or licence are a new version of the same content",
        arguments: ["classes", "source", "licence"])
    func describedAnew(what: String) async throws {
        let store = try await TestServer.newStore()
        let small = smallDataset()
        let first = try store.importDataset(small.description, training: small.samples, test: small.samples).dataset
        var changed = small.description
        switch what {
        case "classes": changed.classNames = ["two", "one", "zero"]
        case "source": changed.source = "elsewhere"
        default: changed.licence = "CC0"
        }
        let next = try store.importDataset(changed, training: small.samples, test: small.samples)
        #expect(next.outcome == .described)
        #expect(next.dataset.version == 2)
        #expect(next.dataset.description == changed)
        #expect(next.dataset.testSplitID == first.testSplitID)
        #expect(
            try store.importDataset(small.description, training: small.samples, test: small.samples)
                == DatasetImport(dataset: first, outcome: .unchanged), "the first version is there still")
    }

    @Test("data sets with the same test split share its samples and features, but not the distances from their classes")
    func sharedTestSplit() async throws {
        let store = try await TestServer.newStore()
        func measured(_ samples: MadeSamples, distance: Float) -> MadeSamples {
            var samples = samples
            samples.measure { $0 == "class_distance" ? distance : Float($1 + 1) }
            return samples
        }
        let (first, other) = (smallDataset(), smallDataset(named: "other", salt: 1))
        let one = try store.importDataset(
            first.description, training: measured(first.samples, distance: 0.5),
            test: measured(first.samples, distance: 0.5)
        ).dataset
        var description = other.description
        description.fingerprints[.test] = first.description.fingerprints[.test]
        let two = try store.importDataset(
            description, training: measured(other.samples, distance: 0.25),
            test: measured(first.samples, distance: 0.75))
        #expect(two.outcome == .imported, "the training split is new")
        #expect(two.dataset.testSplitID == one.testSplitID)
        for (dataset, distance) in [(one, 0.5), (two.dataset, 0.75)] {
            let rows = try store.connection.query(
                "select ink, class_distance from analysis.sample_feature where dataset_id = $1 and split = 'test' order by index",
                dataset.id)
            #expect(try rows.map { try $0["ink"] as Float } == [1, 2, 3, 4, 5, 6])
            #expect(try rows.allSatisfy { try $0["class_distance"] == distance })
            #expect(
                try store.connection.query("select from analysis.class_feature where dataset_id = $1", dataset.id).count
                    == 3 * 15, "twelve columns, class_distance, aspect and empty")
        }
        let features: Int = try store.connection.query("select count(*) as n from registry.sample_feature")[0]["n"]
        #expect(features == 12)
    }

    @Test("an import that fails leaves nothing behind")
    func failedImportLeavesNothing() async throws {
        let store = try await TestServer.newStore()
        var small = smallDataset()
        small.description.trainingMean = 0.5
        small.description.name = "no spaces allowed"
        #expect(throws: PostgreSQLError.self) {
            try store.importDataset(small.description, training: small.samples, test: small.samples)
        }
        let left: Int = try store.connection.query(
            "select (select count(*) from registry.dataset) + (select count(*) from registry.split) as left")[0][
                "left"]
        #expect(left == 0)
    }

    @Test("six processes import the same content at once: one data set")
    func concurrentImport() async throws {
        let database = try await TestServer.newDatabaseWithSchema()
        let versions = try await withThrowingTaskGroup(of: (Int, DatasetImport.Outcome).self) { group in
            for _ in 0..<6 {
                group.addTask {
                    let store = try Store(connection: Connection(database))
                    let small = smallDataset()
                    let stored = try store.importDataset(
                        small.description, training: small.samples, test: small.samples)
                    return (stored.dataset.id, stored.outcome)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(versions.map(\.0)).count == 1)
        #expect(versions.filter { $0.1 == .imported }.count == 1)
    }

    @Test("class counts add up to the splits")
    func classBalance() async throws {
        let store = try await TestServer.newStore()
        let (dataset, _) = try store.importSmallDataset(count: 7)
        let rows = try store.classBalance(of: dataset)
        #expect(try rows.map { try $0["training_samples"] as Int } == [3, 2, 2])
        #expect(try rows.map { try $0["class_name"] as String } == ["zero", "one", "two"])
        #expect(try rows.map { try $0["test_share"] as Double } == [3.0 / 7, 2.0 / 7, 2.0 / 7])
    }
}
