import PostgreSQL
import TestServer
import Testing

@testable import Store

@Suite("What is asked of error categories")
struct ErrorCategoryTests {
    /// 40 samples of class 0 in both splits, with slants 0, 1, … 19 and again, all else alike; in the test split the first
    /// two samples lean by 60° and −60°, the third has two pieces. The last two test samples can't be judged in full: one
    /// has no ink, and one is of class 1, which training does not have.
    private func measuredDataset(_ store: Store) throws -> (dataset: StoredDataset, ids: [Int]) {
        var (description, samples) = smallDataset(count: 40)
        samples.labels = [UInt16](repeating: 0, count: 40)
        samples.measure { name, index in name == "slant" ? Float(index % 20) : 1 }
        var test = samples
        test.measure { name, index in
            if index == 38 { return nil }
            if index == 39, name == "class_distance" { return nil }
            return switch (name, index) {
            case ("slant", 0): 60
            case ("slant", 1): -60
            case ("slant", _): Float(index % 20)
            case ("pieces", 2): 2
            default: 1
            }
        }
        test.labels[39] = 1
        description.fingerprints[.training] = String(repeating: "e", count: 64)
        description.fingerprints[.test] = String(repeating: "f", count: 64)
        let dataset = try store.importDataset(description, training: samples, test: test).dataset
        return (dataset, try store.samples(of: dataset, split: .test).ids)
    }

    @Test("categories come by their effect, pictures by category, and what cannot be judged is counted")
    func rows() async throws {
        let store = try await TestServer.newStore()
        let (dataset, ids) = try measuredDataset(store)
        let lease = try store.startRun(of: "mlp", on: dataset)
        try store.record(epoch(of: 40, missing: [0, 10, 11, 38, 39].map { ids[$0] }), under: lease)
        let version = try store.resolve(try store.succeed(lease, weights: [1]))
        let categories = try store.categoryErrors(of: version).map { try $0["category"] as String }
        #expect(categories == ["empty", "tilted", "incomplete or broken"])
        let ofClass = try store.categoryErrors(of: version, class: 0).map { try $0["category"] as String }
        #expect(ofClass == ["empty", "tilted", "incomplete or broken"])
        #expect(try store.unexplainedErrors(of: version) == (2, 1))
        let pictures: [CategorizedSample] = try store.misclassifiedSamplesByCategory(of: version, limit: 9).decoded()
        #expect(pictures.map(\.missed.sample.index) == [38, 0, 10, 11, 39])
        #expect(pictures.map(\.category) == ["empty", "tilted", nil, nil, nil])
        #expect(pictures.map(\.isJudged) == [true, true, true, true, false])
    }
}
