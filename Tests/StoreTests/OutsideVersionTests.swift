import PostgreSQL
import TestServer
import Testing

@testable import Store

@Suite("Predictions that were made elsewhere")
struct OutsideVersionTests {
    /// Of nine test samples with the labels 0 1 2 0 1 2 0 1 2; samples 3 and 7 are taken for class 1 and class 0.
    private static let probabilities: [[Double]] = [
        [0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.05, 0.05, 0.9], [0.2, 0.5, 0.3], [0, 1, 0], [0.25, 0.25, 0.5],
        [0.6, 0.3, 0.1], [0.4, 0.35, 0.25], [0.1, 0.2, 0.7],
    ]
    private static let predicted: [UInt16] = [0, 1, 2, 1, 1, 2, 0, 0, 2]

    /// A data set, and the answers as a version of “there”.
    private func prepared(
        _ store: Store, producer: String = "There", answer: (Int) -> OutsideAnswer
    ) throws -> OutsideVersion {
        let (dataset, ids) = try store.importSmallDataset(count: 9)
        return OutsideVersion(
            model: "there", producer: producer, dataset: dataset, ids: ids, labels: (0..<9).map { UInt16($0 % 3) },
            answer: answer)
    }

    private static func whole(_ index: Int) -> OutsideAnswer {
        OutsideAnswer(
            predicted: predicted[index], confidence: probabilities[index].max(), probabilities: probabilities[index])
    }

    @Test("with probabilities there are the losses that numpy finds, and a comparison with a training")
    func probabilities() async throws {
        let store = try await TestServer.newStore()
        let outside = try prepared(store, answer: Self.whole)
        let version = try store.resolve(try store.register(outside))
        #expect("\(version.reference)" == "there@1" && version.producer == "There" && version.weightsDigest == nil)
        #expect(throws: NoWeights.self) { try version.weights() }

        let summary = try store.summaries(of: [version]).decoded(as: VersionSummary.self)[0]
        #expect((summary.testAccuracy, summary.misclassified) == (7.0 / 9, 2))
        #expect(abs(try #require(summary.testLoss) - 0.5450096440120239) < 1e-15)
        #expect((summary.parameters, summary.epochs, summary.multiplyAdds) == (nil, nil, nil))
        #expect(summary.secondsPerEpoch == nil)
        let losses = try #require(try store.testLosses(of: version))
        #expect(
            losses == [
                0.35667494, 0.22314355, 0.105360515, 1.609438, 0, 0.6931472, 0.51082563, 1.0498221, 0.35667494,
            ])
        let missed = try store.misclassifiedSamples(of: version, limit: 9)
        #expect(try missed.map { try $0["index"] as Int } == [3, 7])
        #expect(try missed.map { try $0["confidence"] as Float } == [0.5, 0.4])

        let lease = try store.startRun(of: "here", on: outside.dataset)
        try store.record(
            epoch(of: 9, missing: [try store.samples(of: outside.dataset, split: .test).ids[3]]), under: lease)
        let here = try store.resolve(try store.succeed(lease, weights: [1]))
        let pair = try store.comparisons(of: [version, here])[0]
        #expect(try pair["both_correct"] == 7 && pair["only_b_correct"] == 1 && pair["neither_correct"] == 1)
        #expect(try store.differences().allSatisfy { try $0["differing"] == 0 })
    }

    @Test("the loss of a class without probability is infinite, and that of certainty 0")
    func extremes() {
        let answer = OutsideAnswer(predicted: 1, confidence: 1, probabilities: [0, 1, 0])
        #expect(answer.loss(label: 0) == .infinity)
        #expect(answer.loss(label: 1)?.sign == .plus && answer.loss(label: 1) == 0)
        #expect(OutsideAnswer(predicted: 1, confidence: 0.5).loss(label: 1) == 0.6931471805599453)
        #expect(OutsideAnswer(predicted: 1, confidence: 0.5).loss(label: 0) == nil)
        #expect(OutsideAnswer(predicted: 1).loss(label: 1) == nil)
    }

    @Test("without probabilities there are errors and no losses", arguments: [true, false])
    func classesAlone(hasConfidences: Bool) async throws {
        let store = try await TestServer.newStore()
        let outside = try prepared(store) { index in
            OutsideAnswer(
                predicted: Self.predicted[index], confidence: hasConfidences ? Self.probabilities[index].max() : nil)
        }
        let version = try store.resolve(try store.register(outside))
        let summary = try store.summaries(of: [version]).decoded(as: VersionSummary.self)[0]
        #expect((summary.testAccuracy, summary.testLoss) == (7.0 / 9, nil))
        #expect(try store.testLosses(of: version) == nil)
        let missed: [MissedSample] = try store.misclassifiedSamples(of: version, limit: 9).decoded()
        #expect(missed.map(\.confidence) == (hasConfidences ? [0.5, Double(Float(0.4))] : [nil, nil]))
        // Of right answers that are sure by 0.5 to 1, and two wrong ones.
        let bins = try store.connection.query("select sum(samples)::bigint as samples from analysis.calibration")[0]
        #expect(try bins["samples"] == (hasConfidences ? 9 : nil))
        #expect(try store.differences().allSatisfy { try $0["differing"] == 0 })
    }

    @Test("a second import is the next version, and one producer has one vote, whatever its models are called")
    func versions() async throws {
        let store = try await TestServer.newStore()
        let outside = try prepared(store, answer: Self.whole)
        #expect("\(try store.register(outside))" == "there@1")
        #expect("\(try store.register(outside))" == "there@2")
        let (ids, labels) = try (
            store.samples(of: outside.dataset, split: .test).ids,
            store.samples(of: outside.dataset, split: .test).images.labels
        )
        for producer in ["There", "Elsewhere"] {
            _ = try store.register(
                OutsideVersion(
                    model: "again", producer: producer, dataset: outside.dataset, ids: ids, labels: labels,
                    answer: Self.whole))
        }
        #expect(try store.testedVersions(on: outside.dataset) == (4, 2))
        #expect(try store.runs(limit: 10).isEmpty, "none of them is a training")
        #expect(try store.modelVersions().count == 4)
    }

    @Test("what its check refuses is not stored, nor is the model's name")
    func refused() async throws {
        struct Refusal: Error {}
        let store = try await TestServer.newStore()
        let outside = try prepared(store, answer: Self.whole)
        #expect(throws: Refusal.self) {
            try store.register(outside) { accuracy in
                #expect(accuracy == 7.0 / 9)
                throw Refusal()
            }
        }
        for table in ["model", "run", "epoch_metric", "misclassification", "model_version", "missed_sample"] {
            #expect(try store.connection.query("select from registry.\(table)").isEmpty, "\(table)")
        }
    }

    @Test("fewer answers than test samples are refused by the schema")
    func incomplete() async throws {
        let store = try await TestServer.newStore()
        let (dataset, ids) = try store.importSmallDataset(count: 9)
        let outside = OutsideVersion(
            model: "there", producer: "There", dataset: dataset, ids: Array(ids.dropLast()),
            labels: (0..<8).map { UInt16($0 % 3) }, answer: Self.whole)
        let error = #expect(throws: PostgreSQLError.self) { try store.register(outside) }
        #expect("\(try #require(error))".contains("8 test samples, the test split has 9"))
    }
}
