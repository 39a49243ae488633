import Foundation
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
                == "Too few test samples to tell a@1 from b@1: there are only 9 test samples; the first alone gets 1 right, the second alone 2. Test on at least 20."
        )
        #expect(
            try store.comparisons(of: [b, a, b]).map { "\(try $0["a"] as String) \(try $0["b"] as String)" } == [
                "b@1 a@1", "b@1 b@1", "a@1 b@1",
            ])
    }

    @Test("a verdict names the better one, and its p value")
    func verdicts() async throws {
        let store = try await TestServer.newStore()
        func verdict(_ onlyA: Int, _ onlyB: Int, _ p: Double) throws -> String {
            try store.connection.query(
                "select analysis.verdict('a', 'b', $1, $2, 10000, $3) as verdict", onlyA, onlyB, p)[0]["verdict"]
        }
        #expect(
            try verdict(49, 257, 4e-36)
                == "b is better than a by 2.08 points of accuracy; the difference is significant (p = 4.0 · 10⁻³⁶)."
        )
        #expect(
            try verdict(30, 14, 0.0229)
                == "a is better than b by 0.16 points of accuracy; the difference is significant (p = 0.023).")
        #expect(try verdict(30, 14, 0.06).hasPrefix("No difference between a and b can be told"))
    }

    @Test("McNemar's tests are those of scipy and statsmodels")
    func mcnemar() async throws {
        let store = try await TestServer.newStore()
        let reference = try ReferenceStatistics.read()
        #expect(reference.mcnemar.count == 10)
        for known in reference.mcnemar {
            let row = try store.connection.query(
                "select * from analysis.mcnemar($1::bigint, $2::bigint)", known.b, known.c)[0]
            for (column, expected) in [
                ("exact_p", known.exact_p), ("mid_p", known.mid_p ?? known.middle_mid_p),
                ("chi_squared", known.chi2_corrected),
                ("chi_squared_p", known.chi2_corrected_p),
            ] {
                let found: Double = try row[column]
                // The reference has 0 for what is too small for a number.
                #expect(abs(found - expected) <= max(1e-9 * expected, 1e-300), "\(known) \(column): \(found)")
            }
        }
    }

    /// Agresti and Min's interval by numpy, with scipy's quantile.
    @Test(
        "differences of accuracy have Agresti and Min's intervals",
        arguments: [
            (49, 257, 10000, 0.0208, 0.017386667106904456, 0.02420501455676281),
            (150, 86, 1600, -0.04, -0.05868293572597244, -0.021217189117972615),
        ])
    func pairedDifference(
        onlyA: Int, onlyB: Int, samples: Int, difference: Double, lower: Double, upper: Double
    ) async throws {
        let store = try await TestServer.newStore()
        let row = try store.connection.query(
            "select * from analysis.paired_difference($1::bigint, $2::bigint, $3::bigint)", onlyA, onlyB, samples)[0]
        for (column, expected) in [("difference", difference), ("lower", lower), ("upper", upper)] {
            #expect(abs(try row[column] - expected) < 1e-12, "\(column)")
        }
    }

    /// scipy's `t.interval` around the mean of 0, 1, −1, 3, −0.5.
    @Test("differences of loss have Student's interval, and none where a loss is not finite")
    func pairedLossDifference() async throws {
        let store = try await TestServer.newStore()
        func answer(_ a: [Float], _ b: [Float]) throws -> [Double?] {
            let row = try store.connection.query(
                "select * from analysis.paired_loss_difference($1::real[], $2::real[])", a, b)[0]
            return [try row["difference"], try row["lower"], try row["upper"]]
        }
        let known = try answer([1, 2, 3, 4, 5.5], [1, 3, 2, 7, 5])
        for (found, expected) in zip(known, [0.5, -1.4632431614775572, 2.463243161477557]) {
            #expect(abs(try #require(found) - expected) < 1e-12)
        }
        #expect(try answer([1, .infinity], [1, .infinity]) == [nil, nil, nil])
        #expect(try answer([1, .nan], [1, 2]) == [nil, nil, nil])
        #expect(try answer([1, 2, 3], [1, 2]) == [nil, nil, nil])
        let none = try store.connection.query("select * from analysis.paired_loss_difference('{}', '{}')")[0]
        #expect(try none["difference"] as Double? == nil)
    }

    @Test("a comparison has the difference of the losses where both versions kept them, and knows equal weights")
    func comparedLosses() async throws {
        let store = try await TestServer.newStore()
        let (dataset, _) = try store.importSmallDataset()
        func version(_ model: String, _ losses: [Float]?, weights: [UInt8]) throws -> StoredVersion {
            let lease = try store.startRun(of: model, on: dataset)
            var record = epoch(of: 6, missing: [])
            if let losses { record.testLosses = losses }
            try store.record(record, under: lease)
            return try store.resolve(try store.succeed(lease, weights: weights))
        }
        let versions = [
            try version("a", [1, 2, 3, 4, 5.5, 1], weights: [1]), try version("b", [1, 3, 2, 7, 5, 1], weights: [2]),
            try version("c", [1, 3, 2, .infinity, 5, 1], weights: [1]), try version("d", nil, weights: [3]),
        ]
        let rows = try store.comparisons(of: versions)
        #expect(try rows.map { try $0["loss_samples"] as Int? } == [6, 6, nil, 6, nil, nil])
        #expect(try rows.map { try $0["loss_difference"] as Double? } == [2.5 / 6, nil, nil, nil, nil, nil])
        #expect(try rows.map { try $0["same_weights"] as Bool } == [false, true, false, false, false, false])
        #expect(try rows[1]["verdict"] == "a@1 and c@1 have the same weights.")
    }

    @Test("of three versions each pair has its own p value, raised for three")
    func adjustedPairs() async throws {
        let store = try await TestServer.newStore()
        let (dataset, ids) = try store.importSmallDataset(count: 30)
        // Those that are not of the class that is predicted.
        let misses = ids.enumerated().filter { $0.offset % 3 != 2 }.map(\.element)
        let versions = try [("a", 0), ("b", 10), ("c", 12)].map { model, count in
            let lease = try store.startRun(of: model, on: dataset)
            try store.record(epoch(of: 30, missing: Array(misses.prefix(count))), under: lease)
            return try store.resolve(try store.succeed(lease, weights: Array(model.utf8)))
        }
        let rows = try store.comparisons(of: versions)
        #expect(
            try rows.map { "\(try $0["a"] as String) \(try $0["b"] as String)" } == ["a@1 b@1", "a@1 c@1", "b@1 c@1"])
        // One side of 2⁻ⁿ and the other.
        // Holm: twice, three times, once.
        for (row, (p, factor)) in zip(rows, [(0.001953125, 2.0), (0.00048828125, 3), (0.5, 1)]) {
            #expect(abs(try row["mcnemar_exact_p"] - p) < 1e-12)
            #expect(abs(try row["adjusted_p"] - p * factor) < 1e-12)
        }
        #expect(try (rows[0]["verdict"] as String).hasPrefix("a@1 is better than b@1 by 33.33 points"))
        #expect(try (rows[2]["verdict"] as String).hasPrefix("No difference between b@1 and c@1"))
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

    @Test("Wilson intervals are those of statsmodels, of parts of a success too")
    func wilson() async throws {
        let store = try await TestServer.newStore()
        let reference = try ReferenceStatistics.read()
        #expect(reference.proportions.count == 9)
        // The last by numpy: the roots of (s / n − p)² = z² p (1 − p) / n.
        let known =
            reference.proportions.map { (Double($0.successes), Double($0.trials), $0.wilson_95[0], $0.wilson_95[1]) }
            + [(7.0 / 6, 3, 0.08069071302009567, 0.82186418292547)]
        for (successes, trials, lower, upper) in known {
            let row = try store.connection.query(
                "select * from analysis.wilson_interval($1, $2)", successes, trials)[0]
            #expect(abs(try row["lower"] - lower) < 1e-9)
            #expect(abs(try row["upper"] - upper) < 1e-9)
        }
    }
}

/// What scipy and statsmodels say: `Resources/statistics.json`.
private struct ReferenceStatistics: Decodable {
    struct McNemar: Decodable {
        let b: Int
        let c: Int
        let exact_p: Double
        /// Absent where both counts are equal.
        let mid_p: Double?
        let chi2_corrected: Double
        let chi2_corrected_p: Double

        /// Where both counts are equal: 1 − ½ C(2b, b) / 4ᵇ (Fagerland, Lydersen and Laake, 2013, supplement).
        var middle_mid_p: Double {
            let half: Double = (1...b).reduce(0.5) { product, k in product * (1 - 0.5 / Double(k)) }
            return 1 - half
        }
    }

    struct Proportion: Decodable {
        let successes: Int
        let trials: Int
        let wilson_95: [Double]
    }

    let mcnemar: [McNemar]
    let proportions: [Proportion]

    static func read() throws -> ReferenceStatistics {
        let file = try #require(Bundle.module.url(forResource: "Resources/statistics", withExtension: "json"))
        return try JSONDecoder().decode(ReferenceStatistics.self, from: Data(contentsOf: file))
    }
}
