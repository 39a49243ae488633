import PostgreSQL
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
        #expect(stored.isNew)
        #expect(stored.dataset.version == 1)
        #expect(stored.dataset.description == small.description)
        for split in Split.allCases {
            let samples = try store.samples(of: stored.dataset, split: split)
            #expect(samples.pixels == small.samples.pixels)
            #expect(samples.labels == small.samples.labels)
            #expect(Set(samples.ids).count == 6)
        }
    }

    @Test("the same content is one data set, whatever its name; other content under a name is its next version")
    func sameContentOnce() async throws {
        let store = try await TestServer.newStore()
        let first = smallDataset()
        let other = smallDataset(salt: 1)
        let a = try store.importDataset(first.description, training: first.samples, test: first.samples)
        let again = try store.importDataset(first.description, training: first.samples, test: first.samples)
        #expect(!again.isNew)
        #expect(again.dataset == a.dataset)
        var renamed = first.description
        renamed.name = "renamed"
        let same = try store.importDataset(renamed, training: first.samples, test: first.samples)
        #expect(same.dataset == a.dataset)
        let next = try store.importDataset(other.description, training: other.samples, test: other.samples)
        #expect(next.isNew)
        #expect(next.dataset.version == 2)
        #expect(try store.dataset(named: "small").version == 2)
        #expect(try store.dataset(named: "small@1") == a.dataset)
        #expect(throws: NotFound.self) { try store.dataset(named: "small@3") }
        #expect(throws: NotFound.self) { try store.dataset(named: "renamed") }
    }

    @Test("a data set from before samples were measured gets its features when it is imported again, once")
    func featuresAfterwards() async throws {
        let store = try await TestServer.newStore()
        let bare = smallDataset()
        let stored = try store.importDataset(bare.description, training: bare.samples, test: bare.samples).dataset
        var measured = bare.samples
        for name in SampleBlock.featureNames { measured.features["\(name)"] = [1, 2, 3, 4, 5, 6] }
        for _ in 0..<2 {
            #expect(
                try store.importDataset(bare.description, training: measured, test: measured) == (stored, false))
            let inks: [Float] = try store.connection.query(
                """
                select array_agg(ink order by split, index) as inks
                  from analysis.sample_feature
                 where dataset_id = $1
                """, stored.id)[0]["inks"]
            #expect(inks == [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6])
            #expect(try store.connection.query("select from analysis.class_feature").count == 3 * 13)
        }
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
            "select (select count(*) from registry.dataset) + (select count(*) from registry.sample) as left")[0][
                "left"]
        #expect(left == 0)
    }

    @Test("six processes import the same content at once: one data set")
    func concurrentImport() async throws {
        let database = try await TestServer.newDatabase()
        _ = try Store(connection: Connection(database))
        let versions = try await withThrowingTaskGroup(of: (Int, Bool).self) { group in
            for _ in 0..<6 {
                group.addTask {
                    let store = try Store(connection: Connection(database))
                    let small = smallDataset()
                    let stored = try store.importDataset(
                        small.description, training: small.samples, test: small.samples)
                    return (stored.dataset.id, stored.isNew)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(versions.map(\.0)).count == 1)
        #expect(versions.filter(\.1).count == 1)
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
