import PostgreSQL
import Store
import TestServer

extension TestServer {
    /// A store in a database of its own.
    static func newStore() async throws -> Store {
        try Store(connection: await connectToNewDatabase())
    }

    /// A connection to a database of its own that has the schema.
    static func connectToNewDatabase() async throws -> Connection {
        try Connection(await newDatabaseWithSchema())
    }

    /// The connection string of a database of its own that has the schema.
    static func newDatabaseWithSchema() async throws -> String {
        try await newDatabase(like: "schema") { _ = try Store(connection: Connection($0)) }
    }
}

/// A data set of `count` images of 2 × 2 pixels in each split, in three classes.
func smallDataset(named name: String = "small", count: Int = 6, salt: UInt8 = 0) -> (
    description: DatasetDescription, samples: SampleBlock
) {
    let fingerprint = String(repeating: "0", count: 61) + String(100 + Int(salt))
    let description = DatasetDescription(
        name: name, classNames: ["zero", "one", "two"], height: 2, width: 2, channels: 1, trainingMean: 0.5,
        trainingStandardDeviation: 0.25, source: "made for a test", licence: "none",
        fingerprints: [.training: fingerprint, .test: fingerprint])
    let pixels = (0..<count * 4).map { UInt8(truncatingIfNeeded: $0 + Int(salt)) }
    return (description, SampleBlock(labels: (0..<count).map { UInt16($0 % 3) }, pixels: pixels))
}

extension SampleFeatures {
    /// - Parameter value: Of the column of this name, and the sample at this position; `class_distance` among them.
    static func made(_ count: Int, value: (_ name: String, _ index: Int) -> Float?) -> SampleFeatures {
        let names: [StaticString] = [
            "ink", "slant", "stroke_width", "sharpness", "box_width", "box_height", "cut_top", "cut_bottom", "cut_left",
            "cut_right", "pieces", "holes",
        ]
        return SampleFeatures(
            names: names, rows: (0..<count).map { index in names.map { value("\($0)", index) } },
            classDistances: (0..<count).map { value("class_distance", $0) })
    }
}

extension Store {
    /// Imports a small data set and returns it with the keys of its test samples.
    func importSmallDataset(count: Int = 6) throws -> (dataset: StoredDataset, testIDs: [Int]) {
        let small = smallDataset(count: count)
        let dataset = try importDataset(small.description, training: small.samples, test: small.samples).dataset
        return (dataset, try samples(of: dataset, split: .test).ids)
    }

    /// Queues and claims a run.
    func startRun(
        of model: String, on dataset: StoredDataset, epochs: Int = 1, architecture: String = "dense"
    ) throws -> Lease {
        try start(
            RunRequest(
                model: model, datasetID: dataset.id, configuration: #"{"architecture": "\#(architecture)", "seed": 1}"#,
                parameterCount: 12, multiplyAdds: 34, epochs: epochs),
            by: .test
        ).lease
    }
}

extension Executor {
    /// Another worker each time.
    static var test: Executor {
        Executor(
            worker: "test:\(UInt64.random(in: 0...UInt64.max))", host: "test", processor: "none", threads: 1,
            programVersion: "0")
    }
}

/// An epoch in which exactly the samples of these keys were classified wrongly.
func epoch(_ number: Int = 1, of samples: Int, missing keys: [Int], predicted: UInt16 = 2) -> EpochRecord {
    EpochRecord(
        epoch: number, learningRate: 0.01, trainingLoss: 0.5, trainingCorrect: samples, trainingSamples: samples,
        trainingSeconds: 0.25, testLoss: 0.125, testCorrect: samples - keys.count, testSamples: samples,
        testSeconds: 0.0625, stepLosses: [StepLoss(samplesSeen: (number - 1) * samples, loss: 2.5)],
        misclassifications: keys.map {
            Misclassification(sampleID: $0, predicted: predicted, loss: 1.5, probabilities: [0.125, 0.25, 0.625])
        })
}
