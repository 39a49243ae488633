import PostgreSQL
import TestServer
import Testing

@testable import Store

@Suite("Error categories, against counts made by hand")
struct ErrorCategoryTests {
    /// 40 samples of class 0 in both splits, with slants 0, 1, … 19 and again, all else alike; in the test split the first
    /// two samples lean by 60° and −60°, the third has two pieces. The last two test samples can't be judged in full: one
    /// has no ink, and one is of class 1, which training does not have.
    private func measuredDataset(
        _ store: Store, unjudged: Bool = false
    ) throws -> (dataset: StoredDataset, ids: [Int]) {
        var (description, samples) = smallDataset(count: 40)
        samples.labels = [UInt16](repeating: 0, count: 40)
        samples.measure { name, index in name == "slant" ? Float(index % 20) : 1 }
        var test = samples
        test.measure { name, index in
            if unjudged, index == 38 { return nil }
            if unjudged, index == 39, name == "class_distance" { return nil }
            return switch (name, index) {
            case ("slant", 0): 60
            case ("slant", 1): -60
            case ("slant", _): Float(index % 20)
            case ("pieces", 2): 2
            default: 1
            }
        }
        if unjudged { test.labels[39] = 1 }
        description.fingerprints[.training] = String(repeating: "e", count: 64)
        description.fingerprints[.test] = String(repeating: "f", count: 64)
        let dataset = try store.importDataset(description, training: samples, test: test).dataset
        return (dataset, try store.samples(of: dataset, split: .test).ids)
    }

    @Test("what is usual in a class are median and median distance of its training samples")
    func classFeatures() async throws {
        let store = try await TestServer.newStore()
        _ = try measuredDataset(store)
        let row = try store.connection.query(
            "select median, deviation from registry.class_feature where label = 0 and feature = 'slant'")[0]
        #expect(try row["median"] == 9.5)
        // The distances from 9.5 are 0.5, 1.5, … 9.5, each four times: their median is 5.
        #expect(abs(try row["deviation"] - 1.4826 * 5) < 1e-12)
        let features: Int = try store.connection.query("select count(*) as n from registry.class_feature")[0]["n"]
        #expect(features == 15, "twelve columns, class_distance, aspect and empty")
    }

    @Test("a sample is in each category whose rule it meets, on either side; thresholds can be changed")
    func categories() async throws {
        let store = try await TestServer.newStore()
        _ = try measuredDataset(store)
        func categories() throws -> [String] {
            try store.connection.query(
                "select index, category from analysis.sample_category where split = 'test' order by index, category"
            ).map { "\(try $0["index"] as Int) \(try $0["category"] as String)" }
        }
        #expect(try categories() == ["0 tilted", "1 tilted", "2 incomplete or broken"])
        _ = try store.connection.execute(
            "update registry.error_category set threshold = 8 where category = 'tilted' and side = 'above'")
        #expect(try categories() == ["1 tilted", "2 incomplete or broken"])
    }

    @Test("errors are counted inside and outside of a category")
    func errors() async throws {
        let store = try await TestServer.newStore()
        let (dataset, ids) = try measuredDataset(store)
        let lease = try store.startRun(of: "mlp", on: dataset)
        try store.record(epoch(of: 40, missing: [ids[0], ids[2], ids[10], ids[11]]), under: lease)
        let version = try store.resolve(try store.succeed(lease, weights: [1]))
        let rows = try store.categoryErrors(of: version)
        #expect(try rows.map { try $0["category"] as String } == ["incomplete or broken", "tilted"])
        let tilted = rows[1]
        #expect(try tilted["samples"] == 2)
        #expect(try tilted["errors"] == 1)
        #expect(try tilted["error_rate"] == 0.5)
        #expect(try tilted["error_rate_outside"] == 3.0 / 38)
        #expect(abs(try tilted["ratio"] - 0.5 / (3.0 / 38)) < 1e-12)
        #expect(try store.unexplainedErrors(of: version) == (2, 0))
    }

    @Test("what cannot be judged is in no category, in none of the others either, and counted")
    func unjudged() async throws {
        let store = try await TestServer.newStore()
        let (dataset, ids) = try measuredDataset(store, unjudged: true)
        let categories = try store.connection.query(
            "select index, category from analysis.sample_category where split = 'test' order by index, category"
        ).map { "\(try $0["index"] as Int) \(try $0["category"] as String)" }
        #expect(categories == ["0 tilted", "1 tilted", "2 incomplete or broken", "38 empty"])

        let lease = try store.startRun(of: "mlp", on: dataset)
        let missed = [0, 10, 11, 38, 39].map { ids[$0] }
        try store.record(epoch(of: 40, missing: missed), under: lease)
        let version = try store.resolve(try store.succeed(lease, weights: [1]))
        let rows = try store.categoryErrors(of: version)
        let tilted = try #require(try rows.first { try $0["category"] == "tilted" })
        #expect(try (tilted["samples"], tilted["errors"], tilted["unjudged"]) == (2, 1, 2))
        #expect(try tilted["error_rate_outside"] == 2.0 / 36)
        let empty = try #require(try rows.first { try $0["category"] == "empty" })
        #expect(try (empty["samples"], empty["errors"], empty["unjudged"]) == (1, 1, 0))
        #expect(try empty["error_rate_outside"] == 4.0 / 39)
        let counts = try store.unexplainedErrors(of: version)
        #expect(counts.unexplained == 2, "10 and 11")
        #expect(counts.unjudged == 1, "39; 38 is empty")
        let galleries = try store.misclassifiedSamplesByCategory(of: version, limit: 9).map {
            "\(try $0["index"] as Int) \(try $0["category"] ?? (try $0["is_judged"] ? "none" : "not judged"))"
        }
        #expect(galleries == ["38 empty", "0 tilted", "10 none", "11 none", "39 not judged"])
        // The view has the same for all versions.
        let all = try store.connection.query(
            """
            select count(*) as n
              from analysis.category_error
              join analysis.category_errors($1, 'mlp', 1) using (model, version, category, samples, errors, unjudged)
            """, dataset.id)
        #expect(try all[0]["n"] == rows.count)
    }

    @Test("every feature can have a category, the aspect too")
    func everyFeature() async throws {
        let store = try await TestServer.newStore()
        _ = try measuredDataset(store)
        for feature in try store.connection.query("select distinct feature from analysis.class_feature") {
            let name: String = try feature["feature"]
            _ = try store.connection.execute(
                """
                insert into registry.error_category (category, feature, side, threshold, minimum_deviation)
                values ($1, $1, 'below', 1e-9, 1e-9)
                """, name)
        }
        // All training samples are alike but for the slant, so that half of them lie below its median.
        _ = try store.connection.execute(
            "update registry.class_feature set median = median + 1 where feature <> 'slant' and feature <> 'empty'")
        let found = try store.connection.query(
            "select distinct category from analysis.sample_category join registry.error_category using (category) where feature = category"
        ).map { try $0["category"] as String }
        #expect(found.count == 14 && found.contains("aspect"), "\(found.sorted())")
    }

    /// Koopman's example (36 of 40 against 16 of 80), MNIST's and extreme ones; the ends by scipy's `optimize.brentq` on the
    /// χ², whose most likely rates were checked with `optimize.minimize_scalar`.
    @Test(
        "ratios of error rates have Koopman's intervals",
        arguments: [
            (36, 40, 16, 80, 4.5, 2.9395691922149942, 7.152223434866029),
            (14, 180, 146, 9820, 5.231354642313547, 3.0800091720058274, 8.721016047946236),
            (37, 597, 123, 9403, 4.73793084664515, 3.311105197663599, 6.748056371187719),
            (0, 9, 160, 9991, 0, 0, 18.80964967793602),
            (1, 1, 159, 9999, 62.88679245283019, 12.92575309412421, 73.3729762951804),
            (10, 10, 90, 90, 1, 0.7224672001371109, 1.042682875785489),
            (5, 10, 0, 90, nil, 12.044403352465144, nil),
        ] as [(Int, Int, Int, Int, Double?, Double, Double?)])
    func riskRatio(inside: Int, samples: Int, outside: Int, others: Int, ratio: Double?, lower: Double, upper: Double?)
        async throws
    {
        let store = try await TestServer.newStore()
        let row = try store.connection.query(
            "select * from analysis.risk_ratio($1::bigint, $2::bigint, $3::bigint, $4::bigint)", inside, samples,
            outside, others)[0]
        for (column, expected) in [("ratio", ratio), ("lower", lower), ("upper", upper)] {
            let found: Double? = try row[column]
            #expect((found == nil) == (expected == nil), "\(column)")
            #expect(abs((found ?? 0) - (expected ?? 0)) <= 1e-9 * (expected ?? 0), "\(column)")
        }
    }

    @Test(
        "without any error, or without samples on one side, there is no ratio", arguments: [(5, 0, 9995), (0, 5, 90)])
    func noRatio(samples: Int, outside: Int, others: Int) async throws {
        let store = try await TestServer.newStore()
        let row = try store.connection.query(
            "select * from analysis.risk_ratio(0, $1::bigint, $2::bigint, $3::bigint)", samples, outside, others)[0]
        for column in ["ratio", "lower", "upper"] { #expect(try row[column] as Double? == nil, "\(column)") }
    }
}
