import PostgreSQL
import TestServer
import Testing

@testable import Store

@Suite("Views of evaluations, against counts made by hand")
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

    @Test("the agreement table counts each test sample once, and a verdict is drawn from it")
    func comparison() async throws {
        let store = try await TestServer.newStore()
        let (a, b) = try twoVersions(store)
        let rows = try store.comparisons(of: [a, b])
        #expect(rows.count == 1)
        let row = rows[0]
        #expect(try row["a"] == "a@1")
        #expect(try row["b"] == "b@1")
        #expect(try row["both_correct"] == 5)
        #expect(try row["only_a_correct"] == 1)
        #expect(try row["only_b_correct"] == 2)
        #expect(try row["neither_correct"] == 1)
        #expect(try row["accuracy_difference"] == 1.0 / 9)
        #expect(try row["mcnemar_exact_p"] == 1.0)
        #expect(
            try row["verdict"]
                == "No difference between a@1 and b@1 can be told: of 9 test samples the first alone gets 1 right, the second alone 2; chance alone gives that or more with p = 1.000."
        )
        #expect(
            try store.comparisons(of: [b, a, b]).map { "\(try $0["a"] as String) \(try $0["b"] as String)" } == [
                "b@1 a@1", "b@1 b@1", "a@1 b@1",
            ])
    }

    @Test("a verdict names the better one, and how sure that is")
    func verdicts() async throws {
        let store = try await TestServer.newStore()
        func verdict(_ onlyA: Int, _ onlyB: Int, _ p: Double) throws -> String {
            try store.connection.query(
                "select analysis.verdict('a', 'b', $1, $2, 10000, $3) as verdict", onlyA, onlyB, p)[0]["verdict"]
        }
        #expect(
            try verdict(49, 257, 4e-36)
                == "b is better than a by 2.08 points of accuracy; that is as good as certain: chance alone gives that or more with p = 4.0e-36."
        )
        #expect(
            try verdict(30, 12, 0.008).hasPrefix(
                "a is better than b by 0.18 points of accuracy; the evidence is strong"))
        #expect(
            try verdict(30, 14, 0.0229).contains(
                "there is some evidence: chance alone gives that or more with p = 0.023"))
        #expect(try verdict(30, 14, 0.06).hasPrefix("No difference between a and b can be told"))
    }

    /// scipy's `binomtest`, statsmodels' `mcnemar`.
    @Test(
        "McNemar's tests are those of scipy and statsmodels",
        arguments: [
            (1, 1, 1.0, 1.0, 0.47950012218695337), (1, 10, 0.01171875, 0.00634765625, 0.015861332739773026),
            (5, 5, 1.0, 1.0, 0.7518296340458492),
            (59, 6, 4.964650327128616e-12, 2.7258031986068867e-12, 1.1199327149542469e-10),
            (25, 15, 0.1538599441628321, 0.1172752059574122, 0.15472892348537437),
            (11, 1, 0.00634765625, 0.0034179687499999996, 0.0093747684594349),
            (150, 86, 3.7159361395713866e-05, 2.893389517615428e-05, 4.114562281345944e-05),
            (212, 397, 5.748916440675496e-14, 4.393467280140936e-14, 8.915068575184265e-14),
            (0, 7, 0.015625, 0.007812500000000052, 0.02334220201289086),
        ])
    func mcnemar(onlyA: Int, onlyB: Int, exact: Double, mid: Double, chiSquared: Double) async throws {
        let store = try await TestServer.newStore()
        let row = try store.connection.query(
            "select * from analysis.mcnemar($1::bigint, $2::bigint)", onlyA, onlyB)[0]
        for (column, expected) in [("exact_p", exact), ("mid_p", mid), ("chi_squared_p", chiSquared)] {
            let found: Double = try row[column]
            #expect(abs(found - expected) <= 1e-9 * expected, "\(column): \(found)")
        }
    }

    @Test("p values of several comparisons are raised as Holm says, in the order given")
    func holm() async throws {
        let store = try await TestServer.newStore()
        let adjusted: [Double] = try store.connection.query(
            "select analysis.holm(array[0.01, 0.04, 0.03, 0.005]) as p")[0]["p"]
        // statsmodels' multipletests(method="holm")
        for (found, expected) in zip(adjusted, [0.03, 0.06, 0.06, 0.02]) { #expect(abs(found - expected) < 1e-12) }
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

    @Test("confusions count what was taken for what")
    func confusions() async throws {
        let store = try await TestServer.newStore()
        let (a, _) = try twoVersions(store)
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
        let (a, _) = try twoVersions(store)
        let rows = try store.classAccuracy(of: a)
        #expect(try rows.map { try $0["correct"] as Int } == [1, 2, 3])
        #expect(try rows.map { try $0["samples"] as Int } == [3, 3, 3])
    }

    @Test("predictions show the label where nothing was missed")
    func predictions() async throws {
        let store = try await TestServer.newStore()
        let (_, b) = try twoVersions(store)
        let rows = try store.predictions(of: b, limit: 6)
        #expect(try rows.map { try $0["predicted"] as Int } == [0, 2, 2, 0, 2, 2])
        #expect(try rows.map { try $0["is_correct"] as Bool } == [true, false, true, true, false, true])
    }

    @Test("the misclassified samples come in order of index with their pixels")
    func misclassified() async throws {
        let store = try await TestServer.newStore()
        let (a, _) = try twoVersions(store)
        let rows = try store.misclassifiedSamples(of: a, limit: 2)
        #expect(try rows.map { try $0["index"] as Int } == [0, 1])
        #expect(try rows[1]["pixels"] == [UInt8(4), 5, 6, 7])
    }

    @Test("versions are summarised in the order asked for")
    func summaries() async throws {
        let store = try await TestServer.newStore()
        let (a, b) = try twoVersions(store)
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
