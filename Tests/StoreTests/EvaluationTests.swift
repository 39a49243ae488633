import PostgreSQL
import TestServer
import Testing

@testable import Store

@Suite("What is asked of versions")
struct EvaluationTests {
    /// Nine test samples, labels 0 1 2 0 1 2 0 1 2. `a` misses samples 0, 1 and 3, `b` misses 1 and 4.
    private func twoVersions(_ store: Store) throws -> (a: StoredVersion, b: StoredVersion) {
        let (dataset, ids) = try store.importSmallDataset(count: 9)
        func version(_ model: String, missing indices: [Int]) throws -> StoredVersion {
            let lease = try store.startRun(of: model, on: dataset)
            try store.record(epoch(of: 9, missing: indices.map { ids[$0] }), under: lease)
            return try store.resolve(try store.succeed(lease, weights: Array(model.utf8)))
        }
        return (try version("a", missing: [0, 1, 3]), try version("b", missing: [1, 4]))
    }

    @Test("rows come in the order asked for, no more of them than asked for, and become values")
    func rows() async throws {
        let store = try await TestServer.newStore()
        let (a, b) = try twoVersions(store)
        let pairs: [VersionPair] = try store.comparisons(of: [b, a, b]).decoded()
        #expect(pairs.map { "\($0.a) \($0.b)" } == ["b@1 a@1", "b@1 b@1", "a@1 b@1"])
        #expect(pairs.map(\.bothCorrect) == [5, 7, 5] && pairs.map(\.onlyACorrect) == [2, 0, 1])

        let summaries: [VersionSummary] = try store.summaries(of: [b, a, b]).decoded()
        #expect(summaries.map(\.testAccuracy) == [7.0 / 9, 6.0 / 9, 7.0 / 9])
        #expect(summaries[0].secondsPerEpoch == 0.25)

        let classes: [ClassAccuracy] = try store.classAccuracy(of: a).decoded()
        #expect(classes.map(\.correct) == [1, 2, 3] && classes.map(\.className) == ["zero", "one", "two"])
        let confusions: [Confusion] = try store.confusions(of: a, limit: 1).decoded()
        #expect(confusions.map { [$0.label, $0.predicted, $0.samples] } == [[0, 2, 2]])
        #expect(try store.confusions(of: a, class: 1, limit: 9).decoded(as: Confusion.self).map(\.samples) == [1])

        let missed: [MissedSample] = try store.misclassifiedSamples(of: a, limit: 2).decoded()
        #expect(missed.map(\.sample.index) == [0, 1] && missed[1].sample.pixels == [4, 5, 6, 7])
        let predictions: [PredictedSample] = try store.predictions(of: b, limit: 6).decoded()
        #expect(predictions.map(\.predictedName) == ["zero", "two", "two", "zero", "two", "two"])
        #expect(predictions.map(\.isCorrect) == [true, false, true, true, false, true])
    }

    @Test("the loss of each test sample is kept for the last epoch")
    func testLosses() async throws {
        let store = try await TestServer.newStore()
        let (dataset, _) = try store.importSmallDataset()
        let lease = try store.startRun(of: "mlp", on: dataset)
        var record = epoch(of: 6, missing: [])
        record.testLosses = [0, 0.5, .infinity, 1e-30, 2, 0.1]
        try store.record(record, under: lease)
        let version = try store.resolve(try store.succeed(lease, weights: [1]))
        #expect(try store.testLosses(of: version) == record.testLosses)
    }
}
