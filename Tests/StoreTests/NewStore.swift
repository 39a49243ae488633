import PostgreSQL
import Samples
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
    description: DatasetDescription, samples: MadeSamples
) {
    let fingerprint = String(repeating: "0", count: 61) + String(100 + Int(salt))
    let description = DatasetDescription(
        name: name, classNames: ["zero", "one", "two"], shape: ImageShape(channels: 1, height: 2, width: 2),
        trainingMean: 0.5, trainingStandardDeviation: 0.25, source: "made for a test", licence: "none",
        fingerprints: [.training: fingerprint, .test: fingerprint])
    let pixels = (0..<count * 4).map { UInt8(truncatingIfNeeded: $0 + Int(salt)) }
    return (description, MadeSamples(labels: (0..<count).map { UInt16($0 % 3) }, pixels: pixels))
}

/// Samples in memory, and what is said to be measured of them.
struct MadeSamples: SampleSource {
    var labels: [UInt16]
    let pixels: [UInt8]
    private(set) var featureNames: [StaticString] = []
    private(set) var classDistances: [Float?] = []
    private var rows: [[Float?]] = []

    init(labels: [UInt16], pixels: [UInt8]) {
        self.labels = labels
        self.pixels = pixels
    }

    var byteCount: Int { pixels.count }

    func withPixels(of range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let size = pixels.count / labels.count
        try pixels[range.lowerBound * size..<range.upperBound * size].withUnsafeBytes(body)
    }

    func featureRows(of range: Range<Int>) -> [[Float?]] { Array(rows[range]) }

    /// - Parameter value: Of the column of this name, and the sample at this position; `class_distance` among them.
    mutating func measure(_ value: (_ name: String, _ index: Int) -> Float?) {
        featureNames = [
            "ink", "slant", "stroke_width", "sharpness", "box_width", "box_height", "cut_top", "cut_bottom", "cut_left",
            "cut_right", "pieces", "holes",
        ]
        rows = labels.indices.map { index in featureNames.map { value("\($0)", index) } }
        classDistances = labels.indices.map { value("class_distance", $0) }
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

extension RunExecutor {
    /// Another worker each time.
    static var test: RunExecutor {
        RunExecutor(
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
