import PostgreSQL
import TestServer
import Testing

@testable import Store

@Suite("Hard samples and classes, against counts made by hand")
struct DifficultyTests {
    /// Trains a version that misses these test samples after each of its epochs.
    @discardableResult
    private func version(
        of model: String, _ architecture: String, on dataset: StoredDataset, _ ids: [Int], missing epochs: [Int]...,
        as predicted: UInt16 = 2, in store: Store
    ) throws -> StoredVersion {
        let lease = try store.startRun(of: model, on: dataset, epochs: epochs.count, architecture: architecture)
        for (index, missing) in epochs.enumerated() {
            try store.record(
                epoch(index + 1, of: ids.count, missing: missing.map { ids[$0] }, predicted: predicted), under: lease)
        }
        return try store.resolve(try store.succeed(lease, weights: Array("\(lease)".utf8)))
    }

    /// Nine test samples, labels 0 1 2 0 1 2 0 1 2. Three versions of one architecture miss sample 0, one of them also 3;
    /// one version of another architecture, which takes them for class 1, misses 0 and 8.
    private func fourVersions(_ store: Store) throws -> StoredDataset {
        let (dataset, ids) = try store.importSmallDataset(count: 9)
        try version(of: "a", "dense", on: dataset, ids, missing: [0, 3], in: store)
        try version(of: "a", "dense", on: dataset, ids, missing: [0], in: store)
        try version(of: "b", "dense", on: dataset, ids, missing: [0], in: store)
        try version(of: "c", "convolutional", on: dataset, ids, missing: [0, 8], as: 1, in: store)
        return dataset
    }

    @Test("each architecture has one vote, however many versions it has")
    func oneVoteEach() async throws {
        let store = try await TestServer.newStore()
        let dataset = try fourVersions(store)
        #expect(try store.testedVersions(on: dataset) == (4, 2))
        let samples = try store.hardestSamples(of: dataset, limit: 10)
        #expect(try samples.map { try $0["index"] as Int } == [0, 8, 3])
        #expect(try samples.map { try $0["missed_by"] as Int } == [4, 1, 1])
        #expect(try samples.map { try $0["missed_share"] as Double } == [1, 0.5, 1.0 / 3 / 2])
        // Of class 1 and class 2 with a vote each, the smaller is named.
        #expect(try samples.map { try $0["commonest_prediction"] as Int } == [1, 1, 2])
        // Class 2 has the probability 0.625, class 1 has 0.25.
        #expect(try samples[0]["mean_confidence"] == (0.625 + 0.25) / 2)
        #expect(try samples[0]["label_doubt"] == 0.625 / 2)
    }

    @Test("the error rate of a class has an interval over its samples")
    func classes() async throws {
        let store = try await TestServer.newStore()
        let dataset = try fourVersions(store)
        let classes = try store.hardestClasses(of: dataset)
        #expect(try classes.map { try $0["label"] as Int } == [0, 2, 1])
        #expect(try classes.map { try $0["missed_samples"] as Int } == [2, 1, 0])
        // Shares 1, 1/6 and 0 of class 0: 7/6 of 3. The ends are the roots of (7/18 − p)² = z² p (1 − p) / 3 (numpy).
        let (rate, lower, upper): (Double, Double, Double) =
            (try classes[0]["error_rate"], try classes[0]["error_rate_lower"], try classes[0]["error_rate_upper"])
        #expect(abs(rate - 7.0 / 18) < 1e-12)
        #expect(abs(lower - 0.08069071302009567) < 1e-9)
        #expect(abs(upper - 0.82186418292547) < 1e-9)
        // A class that nothing misses is not proven to be easy: z² / (3 + z²).
        #expect(try classes[2]["error_rate_lower"] == 0.0)
        #expect(abs(try classes[2]["error_rate_upper"] - 0.5614970317550454) < 1e-9)
    }

    @Test("questions are narrowed to a model, a class and a period; all of time is no narrowing")
    func filters() async throws {
        let store = try await TestServer.newStore()
        let dataset = try fourVersions(store)
        func indices(_ filter: DifficultyFilter) throws -> [Int] {
            try store.hardestSamples(of: dataset, filter, limit: 10).map { try $0["index"] }
        }
        #expect(try indices(DifficultyFilter(model: "c")) == [0, 8])
        #expect(try indices(DifficultyFilter(label: 2)) == [8])
        #expect(try indices(DifficultyFilter(model: "nobody")) == [])
        #expect(try store.testedVersions(on: dataset, DifficultyFilter(model: "a")) == (2, 1))
        let (always, never) = (Timestamp(microsecondsSince2000: 0), Timestamp(microsecondsSince2000: 1))
        #expect(try indices(DifficultyFilter(since: always)) == [0, 8, 3])
        #expect(try indices(DifficultyFilter(until: never)) == [])
        #expect(try store.testedVersions(on: dataset, DifficultyFilter(since: always)) == (4, 2))
        #expect(try store.testedVersions(on: dataset, DifficultyFilter(until: never)) == (0, 0))
        // The sums and the misclassifications themselves have to tell the same.
        let columns = "sample_id, label, missed_by, missed_share, commonest_prediction, mean_confidence, label_doubt"
        let differing: Int = try store.connection.query(
            """
            select count(*) as n
              from (select \(columns) from analysis.hard_samples($1, null, null, null, null)
                    except
                    select \(columns) from analysis.hard_samples($1, null, null, '-infinity', null)) as difference
            """, dataset.id)[0]["n"]
        #expect(differing == 0)
    }

    @Test("a sample is learned in the first epoch after which it is right, and forgotten when it is missed again")
    func learning() async throws {
        let store = try await TestServer.newStore()
        let (dataset, ids) = try store.importSmallDataset(count: 9)
        // Sample 0 is learned in epoch 3 and forgotten once, 1 never, 4 in epoch 1 and forgotten twice, 3 in epoch 2.
        try version(of: "a", "dense", on: dataset, ids, missing: [0, 1, 3], [0, 1, 4], [1], [0, 1, 4], in: store)
        // A second version learns all at once.
        try version(of: "a", "dense", on: dataset, ids, missing: [], in: store)
        func learning(_ index: Int) throws -> (epoch: Double?, forgotten: Double?) {
            let row = try store.connection.query(
                "select * from analysis.learning_of_samples($1, array[$2::bigint])", dataset.id, ids[index])[0]
            return (try row["mean_learned_epoch"], try row["mean_forgotten"])
        }
        #expect(try learning(0) == (2, 0.5))
        #expect(try learning(1) == (1, 0))
        #expect(try learning(4) == (1, 1))
        #expect(try learning(3) == (1.5, 0))
        #expect(try learning(8) == (1, 0))
    }

    @Test("a version that is deleted is no longer counted")
    func deletion() async throws {
        let store = try await TestServer.newStore()
        let (dataset, ids) = try store.importSmallDataset(count: 9)
        try version(of: "a", "dense", on: dataset, ids, missing: [0, 1], [1, 4], in: store)
        let before = try store.connection.query("select * from registry.missed_sample order by sample_id").count
        try version(of: "a", "dense", on: dataset, ids, missing: [1], [4, 3], in: store)
        _ = try store.connection.execute("delete from registry.model_version where number = 2")
        #expect(try store.connection.query("select * from registry.missed_sample").count == before)
        #expect(try store.testedVersions(on: dataset) == (1, 1))
        #expect(try store.resolve(ModelReference(model: "a", selector: .newest)).number == 1, "the newest that is left")
        _ = try store.connection.execute("delete from registry.model_version")
        for table in ["missed_sample", "missed_total", "sample_learning", "tested_architecture", "version_learning"] {
            #expect(try store.connection.query("select * from registry.\(table)").isEmpty, "\(table)")
        }
    }

    @Test("a label is suspect when the versions of several architectures agree on another class")
    func suspectLabels() async throws {
        let store = try await TestServer.newStore()
        let dataset = try fourVersions(store)
        func suspects() throws -> [Int] {
            try store.connection.query(
                "select index from analysis.sample_category where category = 'suspect label' and dataset_id = $1",
                dataset.id
            ).map { try $0["index"] }
        }
        #expect(try suspects() == [])
        _ = try store.connection.execute(
            "update registry.error_category set threshold = 0.3 where category = 'suspect label'")
        #expect(try suspects() == [0])
    }
}
