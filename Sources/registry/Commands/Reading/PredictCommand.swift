import ArgumentParser
import Datasets
import Judgement
import NeuralNetwork
import Reporting
import Store
import SystemPackage
import Trainer

struct PredictCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "What a version takes images for: pictures, IDX files, NumPy's arrays, or folders of pictures.",
        discussion: """
            Images are brought to the shape of those that the version learned, as by dataset import: grey of colours, and \
            resized without keeping their proportions. Nothing is stored.

            With --evaluate the accuracy is printed instead. Then each image has a class: that of its folder (flowers/rose/1.jpg, \
            of registry predict cnn flowers --evaluate), of a table path,label, of the array y beside x in an .npz, or of the \
            IDX file of --labels. Names are those of classes; numbers count the version's classes from 0.

            Examples:
              registry predict cnn@production scan.png photo.jpg
              registry predict cnn pictures --top 3 --format csv
              registry predict cnn t10k-images-idx3-ubyte.gz --evaluate --labels t10k-labels-idx1-ubyte.gz
            """)

    @Argument(help: "mlp, mlp@3 or mlp@production.", transform: ModelReference.init(typed:))
    var model: ModelReference

    @Argument(
        help: "PNG, JPEG, PGM or PPM; IDX, gzipped or not; .npz or .npy; a table path,label; or a folder of pictures.",
        completion: .file())
    var files: [String]

    @Option(parsing: .unconditional, help: "How many classes to print of each image, the most probable first.")
    var top = 1

    @Flag(help: "Compare with the images' labels, and print the accuracy.")
    var evaluate = false

    @Option(help: "With --evaluate: the IDX file with the labels of the images.", completion: .file())
    var labels: String?

    @OptionGroup var computing: ThreadOptions

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard top >= 1 else { throw ValidationError("--top must be at least 1.") }
        guard labels == nil || evaluate else { throw ValidationError("--labels goes with --evaluate.") }
    }

    func run() async throws {
        // What is wrong with the files' names is reported before a server is started.
        let images = try ImageFiles(
            files.map { FilePath($0) }, isLabelled: evaluate, labels: labels.map { FilePath($0) })
        let engine = try computing.engine()
        let store = try await database.openStore()
        let version = try store.resolve(model)
        let trained = try TrainedNetwork(of: version, in: store)
        let evaluator = try trained.evaluator(on: engine)
        let classes = trained.learned.classNames
        if evaluate {
            var (correct, samples, lossSum) = (0, 0, 0.0)
            let positions = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($0.element, $0.offset) })
            try images.forEachBatch(as: trained.learned.sampleShape) { batch in
                let labels = try zip(batch.names, batch.labels ?? []).map { name, label -> UInt16 in
                    switch label {
                    case .name(let text): if let position = positions[text] { return UInt16(position) }
                    case .number(let number): if number < classes.count { return UInt16(number) }
                    }
                    throw UnknownLabel(image: name, label: label, version: version.reference, classes: classes)
                }
                let result = try evaluator(trained.learned.images(batch, labels: labels))
                correct += result.correct
                samples += result.count
                lossSum += result.meanLoss * Double(result.count)
            }
            try Accuracy(correct: correct, samples: samples, meanLoss: lossSum / Double(samples)).print(
                [], line: ["images", Quantity.count(samples)], of: version, in: store, to: output)
        } else {
            var answers: [Answer] = []
            try images.forEachBatch(as: trained.learned.sampleShape) { batch in
                let result = try evaluator(
                    trained.learned.images(batch, labels: [UInt16](repeating: 0, count: batch.names.count)))
                for (index, name) in batch.names.enumerated() {
                    answers.append(
                        Answer(name, result.probabilities[index * classes.count..<(index + 1) * classes.count], top))
                }
            }
            try output.print(table(answers, classes: classes))
        }
    }

    private func table(_ answers: [Answer], classes: [String]) -> Table {
        Table(
            keys: ["file", "rank", "predicted", "predicted_name", "confidence"],
            rows: answers.flatMap { answer in
                answer.classes.enumerated().map { index, found in
                    [
                        .string(answer.file), .integer(index + 1), .integer(Int(found.label)),
                        .string(classes[Int(found.label)]), .number(Double(found.probability)),
                    ]
                }
            },
            styles: ["predicted": .hidden, "confidence": .percent, "rank": top == 1 ? .hidden : .plain],
            titles: ["predicted_name": "class", "confidence": "probability"])
    }

    /// The most probable classes of an image.
    private struct Answer {
        let file: String
        let classes: [(label: UInt16, probability: Float)]

        init(_ file: String, _ probabilities: ArraySlice<Float>, _ count: Int) {
            self.file = file
            // Of equal ones the first, as the engine decides.
            let order = probabilities.indices.sorted { (probabilities[$1], $0) < (probabilities[$0], $1) }
            classes = order.prefix(count).map { (UInt16($0 - probabilities.startIndex), probabilities[$0]) }
        }
    }
}

extension DatasetDescription {
    fileprivate var sampleShape: ImageShape { ImageShape(channels: channels, height: height, width: width) }

    fileprivate func images(_ batch: ImageFiles.Batch, labels: [UInt16]) throws -> LabeledImages {
        try LabeledImages(shape: imageShape, pixels: batch.pixels, labels: labels, classes: classNames.count)
    }
}

/// A label that is no class of a version.
struct UnknownLabel: Failure {
    let image: String
    let label: ImageFiles.Label
    let version: ModelReference
    let classes: [String]

    var exitStatus: ExitStatus { .badInput }
    var description: String {
        let text =
            switch label {
            case .name(let name): "“\(name)”"
            case .number(let number): "number \(number)"
            }
        let known =
            classes.prefix(12).joined(separator: ", ") + (classes.count > 12 ? " and \(classes.count - 12) more" : "")
        return "\(image): its class \(text) is not one of those that \(version) knows: \(known)."
    }
}
