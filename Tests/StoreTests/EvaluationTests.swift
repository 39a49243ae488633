import PostgreSQL
import TestServer
import Testing

@testable import Store

@Suite("Views of evaluations, against counts made by hand")
struct EvaluationTests {
    /// Nine test samples, labels 0 1 2 0 1 2 0 1 2. `a` misses samples 0, 1 and 3, `b` misses 1 and 4.
    private func twoVersions(_ store: Store) throws -> (a: StoredVersion, b: StoredVersion, dataset: StoredDataset) {
        let (dataset, ids) = try store.importSmallDataset(count: 9)
        func version(_ model: String, missing indices: [Int]) throws -> StoredVersion {
            let lease = try store.startRun(of: model, on: dataset)
            try store.record(epoch(of: 9, missing: indices.map { ids[$0] }), under: lease)
            return try store.resolve(try store.succeed(lease, weights: Array(model.utf8)))
        }
        return (try version("a", missing: [0, 1, 3]), try version("b", missing: [1, 4]), dataset)
    }

    @Test("the agreement table counts each test sample once")
    func agreement() async throws {
        let store = try await TestServer.newStore()
        let (a, b, _) = try twoVersions(store)
        let row = try store.agreement(of: a, and: b)[0]
        #expect(try row["both_correct"] == 5)
        #expect(try row["only_a_correct"] == 1)
        #expect(try row["only_b_correct"] == 2)
        #expect(try row["neither_correct"] == 1)
        let own = try store.agreement(of: a, and: a)[0]
        #expect(try own["both_correct"] == 6)
        #expect(try own["neither_correct"] == 3)
    }

    @Test("confusions count what was taken for what")
    func confusions() async throws {
        let store = try await TestServer.newStore()
        let (a, _, _) = try twoVersions(store)
        let rows = try store.confusions(of: a, limit: 10)
        #expect(
            try rows.map { "\(try $0["label"] as Int)→\(try $0["predicted"] as Int): \(try $0["samples"] as Int)" } == [
                "0→2: 2", "1→2: 1",
            ])
        #expect(try rows[0]["mean_confidence"] == 0.625)
    }

    @Test("accuracy by class counts the class's own samples")
    func classAccuracy() async throws {
        let store = try await TestServer.newStore()
        let (a, _, _) = try twoVersions(store)
        let rows = try store.classAccuracy(of: a)
        #expect(try rows.map { try $0["correct"] as Int } == [1, 2, 3])
        #expect(try rows.map { try $0["samples"] as Int } == [3, 3, 3])
    }

    @Test("predictions show the label where nothing was missed")
    func predictions() async throws {
        let store = try await TestServer.newStore()
        let (_, b, _) = try twoVersions(store)
        let rows = try store.predictions(of: b, limit: 6)
        #expect(try rows.map { try $0["predicted"] as Int } == [0, 2, 2, 0, 2, 2])
        #expect(try rows.map { try $0["is_correct"] as Bool } == [true, false, true, true, false, true])
    }

    @Test("the misclassified samples come in order of index with their pixels")
    func misclassified() async throws {
        let store = try await TestServer.newStore()
        let (a, _, _) = try twoVersions(store)
        let rows = try store.misclassifiedSamples(of: a, limit: 2)
        #expect(try rows.map { try $0["index"] as Int } == [0, 1])
        #expect(try rows[1]["pixels"] == [UInt8(4), 5, 6, 7])
    }

    @Test("the hardest samples are those that most versions miss, the hardest classes those missed most often")
    func hardest() async throws {
        let store = try await TestServer.newStore()
        let (_, _, dataset) = try twoVersions(store)
        let samples = try store.hardestSamples(of: dataset, limit: 10)
        #expect(try samples.map { try $0["index"] as Int } == [1, 0, 3, 4])
        #expect(try samples.map { try $0["missed_share"] as Double } == [1, 0.5, 0.5, 0.5])
        let classes = try store.hardestClasses(of: dataset)
        #expect(try classes.map { try $0["label"] as Int } == [1, 0, 2])
        #expect(try classes.map { try $0["errors"] as Int } == [3, 2, 0])
        #expect(try classes.map { try $0["error_rate"] as Double } == [3.0 / 6, 2.0 / 6, 0])
    }

    @Test("versions are summarised in the order asked for")
    func summaries() async throws {
        let store = try await TestServer.newStore()
        let (a, b, _) = try twoVersions(store)
        let rows = try store.summaries(of: [b, a, b])
        #expect(try rows.map { try $0["model"] as String } == ["b", "a", "b"])
        #expect(try rows[0]["test_accuracy"] == 7.0 / 9)
        #expect(try rows[0]["seconds_per_epoch"] == 0.25)
    }

    /// statsmodels' `proportion_confint(method="wilson")`.
    @Test(
        "Wilson intervals are those of statsmodels",
        arguments: [
            (0, 10, 0.0, 0.27753279986288926), (10, 10, 0.7224672001371106, 1.0),
            (1, 10, 0.017876213095072924, 0.40415002679523854), (9640, 10000, 0.9601669614379689, 0.9674766880740431),
            (9846, 10000, 0.9819937628014999, 0.9868340659776405),
            (9999, 10000, 0.9994337311025987, 0.9999823473263989),
            (3, 7, 0.15821985525146964, 0.7495416354723428), (154, 10000, 0.013165934022359623, 0.018006237198500134),
            (360, 10000, 0.032523311925956866, 0.03983303856203099),
        ])
    func wilson(successes: Int, trials: Int, lower: Double, upper: Double) async throws {
        let store = try await TestServer.newStore()
        let row = try store.connection.query(
            "select * from analysis.wilson_interval($1::bigint, $2::bigint)", successes, trials)[0]
        #expect(abs(try row["lower"] - lower) < 1e-9)
        #expect(abs(try row["upper"] - upper) < 1e-9)
    }
}
