import ArgumentParser
import Datasets
import Judgement
import Reporting
import Store

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Register another program's predictions as a model's next version, to be judged beside your own.",
        discussion: """
            FILE is NumPy's .npz with probabilities or logits (samples × classes), or with predicted and confidence; an .npy; \
            or a table index,p0,p1,… or index,predicted,confidence. sha256 (of each image's bytes) or index tells which \
            row is of which sample, else they come in the data set's order. With label the labels are compared.

            What reads versions takes this one, too: compare, errors, hardest, report and so on. It has no weights.

            Examples:
              registry import resnet --predictions resnet.npz --dataset mnist
              registry import vendor --predictions v.csv --dataset flowers@2
            """)

    @Argument(help: "The name of the model.")
    var name: String

    @Option(help: "The file with the predictions.", completion: .file())
    var predictions: String

    @Option(help: "The data set that they are of, e.g. mnist or mnist@2.")
    var dataset: String

    @Option(help: "The split that they are of: test, on which versions are compared.")
    var split = Split.test

    @Option(
        help: "Who made them, e.g. the network. All versions of a producer have one vote in hardest. Default: the name."
    )
    var producer: String?

    @Option(
        parsing: .unconditional,
        help: """
            The accuracy that the other program found, with as many digits as it printed: where another comes out, rows and \
            samples do not belong together, and nothing is stored.
            """,
        transform: ExpectedAccuracy.init(typed:))
    var expectAccuracy: ExpectedAccuracy?

    @Flag(help: "The numbers are logits: the softmax is taken. An array that is called logits needs no flag.")
    var logits = false

    @Flag(help: "Print only the new version, e.g. resnet@3.")
    var quiet = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        try checkNewName(name)
        try checkNames(dataset)
        if let fault = producer.flatMap(Names.fault(inProducer:)) { throw ValidationError(fault) }
        guard split == .test else {
            throw ValidationError("--split must be test: versions are compared on the test samples alone.")
        }
    }

    func run() async throws {
        // What is wrong with the file is reported before a server is started.
        let predictions = try OutsidePredictions(contentsOf: self.predictions, areLogits: logits)
        let store = try await database.openStore()
        let dataset = try await DatasetSupply(store: store, isQuiet: quiet).dataset(named: dataset)
        let version = try OutsideVersion(
            of: predictions, model: name, producer: producer ?? name, dataset: dataset, in: store)
        let reference = try store.register(version) { accuracy in
            if let expectAccuracy, !expectAccuracy.isMet(by: accuracy) {
                throw OtherAccuracy(
                    model: name, dataset: dataset.name, found: accuracy, expected: expectAccuracy.text,
                    hasOrder: predictions.digests != nil)
            }
        }
        let summaries = try store.summaries(of: [try store.resolve(reference)])
        let summary: VersionSummary = try summaries.decoded()[0]
        let row = try Table(summaries)
        try output.print(
            text: { _ in quiet ? "\(reference)\n" : "\(Self.line(of: reference, summary))\n" },
            json: .object(zip(row.keys, row.rows[0]).map { JSONValue.Member($0, $1) }), csv: row)
    }

    private static func line(of version: ModelReference, _ summary: VersionSummary) -> String {
        let loss = summary.testLoss.map { "\(Quantity.decimal($0, places: 5)) nats" } ?? "–"
        return "\(version)  test accuracy \(Quantity.decimal(summary.testAccuracy, places: 4))  test loss \(loss)  "
            + "predictions of \(summary.producer ?? "–")"
    }
}

extension OutsideVersion {
    /// Brings the rows of a file into the order of a data set's test samples.
    ///
    /// - Throws: `DatasetError` when they do not belong together.
    init(
        of predictions: OutsidePredictions, model: String, producer: String, dataset: StoredDataset, in store: Store
    ) throws {
        var samples = PredictedSamples(name: dataset.name, classes: dataset.description.classNames.count)
        var ids: [Int] = []
        let (hasDigests, channels) = (predictions.digests != nil, dataset.description.channels)
        try store.forEachSample(of: dataset, split: .test, needsPixels: hasDigests) { id, label, pixels in
            ids.append(id)
            samples.labels.append(label)
            if hasDigests { samples.digests.append(ImageDigest(ofImage: pixels, channels: channels)) }
        }
        let rows = try predictions.rows(of: samples)
        self.init(model: model, producer: producer, dataset: dataset, ids: ids, labels: samples.labels) { index in
            OutsideAnswer(
                predicted: predictions.predicted(inRow: rows[index]),
                confidence: predictions.confidence(ofRow: rows[index]),
                probabilities: predictions.probabilities(ofRow: rows[index]).map(Array.init))
        }
    }
}

/// An accuracy as another program prints it: 0.9846.
struct ExpectedAccuracy: Sendable {
    let text: String
    private let value: Double
    /// How far another may be from it: half of the last digit, and of a hundredth at most.
    private let tolerance: Double

    /// - Throws: `ValidationError` unless it is a decimal number from 0 to 1.
    init(typed text: String) throws {
        let places = text.split(separator: ".", omittingEmptySubsequences: false).dropFirst().first?.utf8.count ?? 0
        let isDecimal = text.utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".")
        }
        guard isDecimal, let value = Double(text), (0...1).contains(value) else {
            throw ValidationError("--expect-accuracy needs a share of 1, e.g. 0.9846.")
        }
        self.text = text
        self.value = value
        // Decimals are not exact: a little more.
        tolerance = (0..<max(places, 2)).reduce(0.5) { unit, _ in unit / 10 } + 1e-12
    }

    func isMet(by accuracy: Double) -> Bool { abs(accuracy - value) <= tolerance }
}

/// Predictions whose accuracy is not the one that was announced.
struct OtherAccuracy: Failure {
    let model: String
    let dataset: String
    let found: Double
    let expected: String
    let hasOrder: Bool

    var exitStatus: ExitStatus { .badInput }
    var description: String {
        "\(model): the accuracy on \(dataset) is \(Quantity.number(found)), and \(expected) was expected. Nothing was stored."
    }
    var advice: String? {
        hasOrder ? nil : "Rows and samples may be in different orders: give each row the sha256 of its image."
    }
}
