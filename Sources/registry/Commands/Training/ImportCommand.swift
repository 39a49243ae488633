import ArgumentParser
import Datasets
import Judgement
import NeuralNetwork
import Reporting
import Samples
import Store
import SystemPackage
import Trainer

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Register a network that was trained elsewhere, or its predictions alone, as a model's next version.",
        discussion: """
            FILE.onnx: a chain of layers that are computed here, too; any other operator is named. FILE.safetensors: weights \
            named as PyTorch's (conv1.weight, fc1.bias, …), for the network of --architecture. The network is tested on the \
            test samples, and then is a version like those that were trained here; registry train --from trains it further.

            Pixels become its input as an ONNX file that takes bytes or scales its input says itself. Else they are \
            standardised, (intensity / 255 − mean) / std, with --mean and --std, by default the data set's.

            --predictions: NumPy's .npz with probabilities or logits (samples × classes), or with predicted and confidence; an \
            .npy; or a table index,p0,p1,… or index,predicted,confidence. sha256 (of each image's bytes) or index tells \
            which row is of which sample, else they come in the data set's order. With label the labels are compared. Such \
            a version has no weights; compare, errors, hardest, report and so on take it, too.

            Examples:
              registry import resnet resnet.onnx --dataset flowers --expect-accuracy 0.913
              registry import lenet lenet.safetensors --architecture lenet.json --dataset mnist --mean 0.5 --std 0.5
              registry import vendor --predictions v.csv --dataset flowers@2
            """)

    @Argument(help: "The name of the model.")
    var name: String

    @Argument(
        help: "The network: a file ending in .onnx or .safetensors.",
        completion: .file(extensions: NetworkFile.extensions))
    var file: String?

    @Option(help: "Instead of a network: the file with predictions.", completion: .file())
    var predictions: String?

    @Option(help: "The data set to test it on, or that the predictions are of, e.g. mnist or mnist@2.")
    var dataset: String

    @Option(
        help: """
            Of weights: the network's layers, a file as registry architecture describe writes it, or a built-in network \
            (\(Architecture.builtInNames.joined(separator: ", "))).
            """, completion: .file(extensions: ["json"]))
    var architecture: String?

    @OptionGroup var pixels: StandardizationOptions

    @Option(help: "The split that predictions are of: test, on which versions are compared.")
    var split = Split.test

    @Option(
        help:
            "Who made the predictions, e.g. the network. All versions of a producer have one vote in hardest. Default: the name."
    )
    var producer: String?

    @Option(
        parsing: .unconditional,
        help: """
            The accuracy that the other program found, with as many digits as it printed: where another comes out, nothing is \
            stored.
            """,
        transform: ExpectedAccuracy.init(typed:))
    var expectAccuracy: ExpectedAccuracy?

    @Flag(help: "Predictions are logits: the softmax is taken. An array that is called logits needs no flag.")
    var logits = false

    @OptionGroup var computing: ThreadOptions

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
        guard (file == nil) != (predictions == nil) else {
            throw ValidationError("Name the file of a network, or one with --predictions; one of the two.")
        }
        guard let file else {
            guard architecture == nil, !pixels.isGiven else {
                throw ValidationError(
                    "An architecture, and how pixels become its input, are a network's; predictions have neither.")
            }
            return
        }
        guard producer == nil, !logits else {
            throw ValidationError("A producer and logits are of predictions, and a network is imported.")
        }
        guard let format = NetworkFile.format(of: file) else {
            throw ValidationError("“\(file)” must end in .onnx or .safetensors: these formats are read.")
        }
        guard (architecture != nil) == (format == .safetensors) else {
            throw ValidationError(
                architecture == nil
                    ? "Weights alone are no network: give its layers with --architecture."
                    : "--architecture goes with .safetensors: an ONNX file has the layers.")
        }
    }

    func run() async throws {
        // What is wrong with the file is reported before a server is started.
        if let file {
            let network = try NetworkFile(file, architecture: architecture)
            let engine = try computing.engine()
            if !quiet { for remark in network.remarks { Terminal.tell("\(file): \(remark)") } }
            try await register { store, dataset in
                let imported = try network.network(for: dataset.description, pixels)
                if !quiet { Terminal.tell("\(file): \(imported.configuration.pixelLine)") }
                return try imported.register(as: name, testedOn: dataset, in: store, engine: engine) {
                    try check($0, on: dataset, .pixels)
                }
            }
        } else if let file = predictions {
            let predictions = try OutsidePredictions(contentsOf: file, areLogits: logits)
            try await register { store, dataset in
                let version = try OutsideVersion(
                    of: predictions, model: name, producer: producer ?? name, dataset: dataset, in: store)
                return try store.register(version) {
                    try check($0, on: dataset, predictions.digests == nil ? .order : .unknown)
                }
            }
        }
    }

    private func check(_ accuracy: Double, on dataset: StoredDataset, _ cause: OtherAccuracy.Cause) throws {
        guard let expectAccuracy, !expectAccuracy.isMet(by: accuracy) else { return }
        throw OtherAccuracy(
            model: name, dataset: dataset.name, found: accuracy, expected: expectAccuracy.text, cause: cause)
    }

    /// Registers a version, and prints it.
    private func register(_ body: (Store, StoredDataset) throws -> ModelReference) async throws {
        let store = try await database.openStore()
        let dataset = try await DatasetSupply(store: store, isQuiet: quiet).dataset(named: dataset)
        let reference = try body(store, dataset)
        let summaries = try store.summaries(of: [try store.resolve(reference)])
        let summary: VersionSummary = try summaries.decoded()[0]
        let row = try Table(summaries)
        try output.print(
            text: { _ in quiet ? "\(reference)\n" : "\(line(of: reference, summary))\n" },
            json: row.firstObject, csv: row)
    }

    private func line(of version: ModelReference, _ summary: VersionSummary) -> String {
        let loss = summary.testLoss.map { "\(Quantity.decimal($0, places: 5)) nats" } ?? "–"
        return "\(version)  test accuracy \(Quantity.decimal(summary.testAccuracy, places: 4))  test loss \(loss)  "
            + (summary.producer.map { "predictions of \($0)" } ?? "imported from \(file ?? "–")")
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
        let (hasDigests, channels) = (predictions.digests != nil, dataset.description.shape.channels)
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
