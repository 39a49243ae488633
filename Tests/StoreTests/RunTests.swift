import PostgreSQL
import TestServer
import Testing

@testable import Store

@Suite("Runs and model versions in the database")
struct RunTests {
    @Test("an epoch is stored whole: metrics, loss curve, misclassified samples, progress")
    func recordsEpoch() async throws {
        let store = try await TestServer.newStore()
        let (dataset, ids) = try store.importSmallDataset()
        let lease = try store.startRun(of: "mlp", on: dataset, epochs: 2)
        try store.record(epoch(1, of: 6, missing: [ids[0], ids[4]]), under: lease)
        let row = try store.epochs(ofRun: lease.run)[0]
        #expect(try row["test_correct"] == 4)
        #expect(try row["test_accuracy"] == 4.0 / 6)
        #expect(try row["training_accuracy"] == 1.0)
        let wrong = try store.connection.query("select * from registry.misclassification order by sample_id")
        #expect(try wrong.map { try $0["sample_id"] as Int } == [ids[0], ids[4]])
        #expect(try wrong[0]["confidence"] == 0.625)
        #expect(try wrong[0]["probabilities"] == [Float(0.125), 0.25, 0.625])
        let finished: Int = try store.connection.query("select epochs_finished from registry.run")[0]["epochs_finished"]
        #expect(finished == 1)
    }

    @Test("the health of layers is kept by epoch, also where a norm is no number")
    func storesLayerMetrics() async throws {
        let store = try await TestServer.newStore()
        let (dataset, _) = try store.importSmallDataset()
        let lease = try store.startRun(of: "mlp", on: dataset, epochs: 2)
        for number in 1...2 {
            var record = epoch(number, of: 6, missing: [])
            record.layerMetrics = [
                LayerMetric(layer: 2, name: "fc1", gradientNorm: number == 1 ? 0.5 : .infinity, deadUnitShare: nil),
                LayerMetric(layer: 3, name: "relu", gradientNorm: nil, deadUnitShare: 0.25),
            ]
            try store.record(record, under: lease)
        }
        let rows = try store.layerMetrics(ofRun: lease.run)
        #expect(try rows.map { try $0["epoch"] as Int } == [1, 1, 2, 2])
        #expect(try rows.map { try $0["name"] as String } == ["fc1", "relu", "fc1", "relu"])
        #expect(try rows.map { try $0["gradient_norm"] as Double? } == [0.5, nil, .infinity, nil])
        #expect(try rows.map { try $0["dead_unit_share"] as Double? } == [nil, 0.25, nil, 0.25])
        #expect(try store.layerMetrics(ofRun: lease.run, epoch: 2).count == 2)
    }

    @Test("an epoch whose misclassified samples do not add up is refused as a whole")
    func refusesWrongCount() async throws {
        let store = try await TestServer.newStore()
        let (dataset, ids) = try store.importSmallDataset()
        let lease = try store.startRun(of: "mlp", on: dataset)
        var wrong = epoch(of: 6, missing: [ids[0], ids[1]])
        wrong.testCorrect = 5
        let error = #expect(throws: PostgreSQLError.self) { try store.record(wrong, under: lease) }
        #expect(error?.sqlState == .checkViolation)
        #expect(try store.epochs(ofRun: lease.run).isEmpty)
        let finished: Int = try store.connection.query("select epochs_finished from registry.run")[0]["epochs_finished"]
        #expect(finished == 0)
    }

    @Test("losses that are not finite are stored as they are")
    func storesNonFiniteLosses() async throws {
        let store = try await TestServer.newStore()
        let (dataset, _) = try store.importSmallDataset()
        let lease = try store.startRun(of: "mlp", on: dataset)
        var diverged = epoch(of: 6, missing: [])
        diverged.trainingLoss = .nan
        diverged.testLoss = .infinity
        try store.record(diverged, under: lease)
        let row = try store.epochs(ofRun: lease.run)[0]
        #expect((try row["training_loss"] as Double).isNaN)
        #expect(try row["test_loss"] == Double.infinity)
    }

    @Test("a trainer whose fencing number is old can write nothing")
    func fencedOut() async throws {
        let store = try await TestServer.newStore()
        let (dataset, ids) = try store.importSmallDataset()
        let lease = try store.startRun(of: "mlp", on: dataset)
        _ = try store.connection.execute("update registry.run set fence = fence + 1 where run_id = $1", lease.run)
        #expect(throws: LeaseLost.self) { try store.record(epoch(of: 6, missing: [ids[0]]), under: lease) }
        #expect(throws: LeaseLost.self) { try store.succeed(lease, weights: [1]) }
        #expect(throws: LeaseLost.self) { try store.end(lease, as: .cancelled) }
        let claimed = try store.claim(run: lease.run, by: .test)
        #expect(claimed == nil)
        let rows: Int = try store.connection.query(
            """
            select (select count(*) from registry.epoch_metric) + (select count(*) from registry.misclassification)
                   + (select count(*) from registry.artifact) + (select count(*) from registry.model_version) as rows
            """)[0]["rows"]
        #expect(rows == 0)
    }

    @Test("versions are numbered without gaps, also when runs end at once")
    func numbersVersions() async throws {
        let database = try await TestServer.newDatabaseWithSchema()
        let (dataset, _) = try Store(connection: Connection(database)).importSmallDataset()
        let numbers = try await withThrowingTaskGroup(of: ModelReference.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    let store = try Store(connection: Connection(database))
                    let lease = try store.startRun(of: "mlp", on: dataset)
                    try store.record(epoch(of: 6, missing: []), under: lease)
                    return try store.succeed(lease, weights: [UInt8(worker)])
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(numbers.map(\.description)) == Set((1...8).map { "mlp@\($0)" }))
    }

    @Test("a cancelled run keeps its epochs and makes no version")
    func cancelled() async throws {
        let store = try await TestServer.newStore()
        let (dataset, ids) = try store.importSmallDataset()
        let lease = try store.startRun(of: "mlp", on: dataset, epochs: 3)
        try store.record(epoch(of: 6, missing: [ids[3]]), under: lease)
        try store.end(lease, as: .cancelled)
        let row = try store.runs(limit: 1)[0]
        #expect(try row["state"] == "cancelled")
        #expect(try row["epochs_finished"] == 1)
        #expect(try row["test_accuracy"] == 5.0 / 6)
        #expect((try row["version"] as Int?) == nil)
        #expect(throws: NotFound.self) { try store.resolve(ModelReference(model: "mlp")) }
    }

    @Test(
        "weights come back byte for byte, in pieces or whole, and are stored once",
        arguments: [0, 1, 8 << 20, (8 << 20) + 1])
    func artifactRoundTrip(size: Int) async throws {
        let store = try await TestServer.newStore()
        var bytes = [UInt8](repeating: 7, count: size)
        if size > 0 { bytes[size - 1] = 9 }
        let digest = try store.storeArtifact(bytes, mediaType: "application/octet-stream")
        #expect(try store.storeArtifact(bytes, mediaType: "application/octet-stream") == digest)
        #expect(try store.artifact(digest) == bytes)
        guard size > 0 else { return }
        _ = try store.connection.execute("delete from registry.artifact_chunk where index = 0")
        #expect(throws: NotFound.self) { try store.artifact(digest) }
    }

    @Test("the SHA-256 of “abc” is that of FIPS 180-4")
    func digest() {
        #expect(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test("references name the newest version, a number or an alias")
    func resolvesReferences() async throws {
        let store = try await TestServer.newStore()
        let (dataset, _) = try store.importSmallDataset()
        for weights in 1...2 {
            let lease = try store.startRun(of: "mlp", on: dataset)
            try store.record(epoch(of: 6, missing: []), under: lease)
            _ = try store.succeed(lease, weights: [UInt8(weights)])
        }
        _ = try store.connection.execute(
            "insert into registry.model_alias (model_id, alias, number) select model_id, 'production', 1 from registry.model"
        )
        func number(_ text: String) throws -> Int { try store.resolve(try #require(ModelReference(text))).number }
        #expect(try number("mlp") == 2)
        #expect(try number("mlp@1") == 1)
        #expect(try number("mlp@production") == 1)
        #expect(throws: NotFound.self) { try number("mlp@3") }
        #expect(throws: NotFound.self) { try number("mlp@staging") }
        #expect(throws: NotFound.self) { try number("cnn") }
    }

    @Test("what names no version is refused", arguments: ["", "@", "@3", "mlp@", "mlp@0", "mlp@-1", "mlp@!"])
    func refusesBadReferences(text: String) {
        #expect(ModelReference(text) == nil)
    }

    @Test("a seed is unused that is above all of a model's, or any where none is above")
    func unusedSeed() async throws {
        let store = try await TestServer.newStore()
        let (dataset, _) = try store.importSmallDataset()
        #expect(try store.unusedSeed(of: "mlp") == 1)
        for (seed, next) in [(7, 8), (3, 8), (Int.max, nil)] as [(Int, UInt64?)] {
            _ = try store.enqueue(
                RunRequest(
                    model: "mlp", datasetID: dataset.id, configuration: #"{"training": {"seed": \#(seed)}}"#,
                    parameterCount: 12, multiplyAdds: 34, epochs: 1))
            let unused = try store.unusedSeed(of: "mlp")
            #expect(unused == next || next == nil && unused < Int.max, "\(seed): \(unused)")
        }
    }
}
