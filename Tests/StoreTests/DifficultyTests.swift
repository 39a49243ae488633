import PostgreSQL
import TestServer
import Testing

@testable import Store

@Suite("What is asked of hard samples and classes")
struct DifficultyTests {
    /// Nine test samples, labels 0 1 2 0 1 2 0 1 2. Three versions of one architecture miss sample 0, one of them also 3;
    /// one version of another architecture, which takes them for class 1, misses 0 and 8.
    private func fourVersions(_ store: Store) throws -> StoredDataset {
        let (dataset, ids) = try store.importSmallDataset(count: 9)
        for (model, architecture, missing, predicted) in [
            ("a", "dense", [0, 3], 2), ("a", "dense", [0], 2), ("b", "dense", [0], 2),
            ("c", "convolutional", [0, 8], 1),
        ] as [(String, String, [Int], UInt16)] {
            let lease = try store.startRun(of: model, on: dataset, architecture: architecture)
            try store.record(epoch(of: 9, missing: missing.map { ids[$0] }, predicted: predicted), under: lease)
            _ = try store.succeed(lease, weights: [1])
        }
        return dataset
    }

    @Test("questions are narrowed to a model, a class and a period; all of time is no narrowing")
    func filters() async throws {
        let store = try await TestServer.newStore()
        let dataset = try fourVersions(store)
        func indices(_ filter: DifficultyFilter) throws -> [Int] {
            try store.hardestSamples(of: dataset, filter, limit: 10).map { try $0["index"] }
        }
        #expect(try indices(DifficultyFilter()) == [0, 8, 3])
        let hardest: [HardSample] = try store.hardestSamples(of: dataset, limit: 1).decoded()
        #expect(hardest.map(\.missedShare) == [1] && hardest.map(\.predictedName) == ["one"])
        #expect(try store.hardestClasses(of: dataset).map { try $0["label"] as Int } == [0, 2, 1])
        #expect(try indices(DifficultyFilter(model: "c")) == [0, 8])
        #expect(try indices(DifficultyFilter(label: 2)) == [8])
        #expect(try indices(DifficultyFilter(model: "nobody")) == [])
        #expect(try store.testedVersions(on: dataset, DifficultyFilter(model: "a")) == (2, 1))
        let (always, never) = (Timestamp(microsecondsSince2000: 0), Timestamp(microsecondsSince2000: 1))
        #expect(try indices(DifficultyFilter(since: always)) == [0, 8, 3])
        #expect(try indices(DifficultyFilter(until: never)) == [])
        #expect(try store.testedVersions(on: dataset, DifficultyFilter(since: always)) == (4, 2))
        #expect(try store.testedVersions(on: dataset, DifficultyFilter(until: never)) == (0, 0))
    }
}
