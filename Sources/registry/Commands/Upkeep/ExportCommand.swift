import ArgumentParser
import NeuralNetwork
import Reporting
import Store
import Trainer

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a model version to a file that other programs read.",
        discussion: """
            FILE.safetensors: the weights, named and laid out as in PyTorch's state_dict: fc1.weight [out, in], \
            conv1.weight [out, in, height, width].

            FILE.onnx: the whole network (operator set \(ONNXModel.operatorSet)), ready to classify. It takes images as \
            bytes, uint8 [batch, channels, height, width], standardises them itself, and gives logits and probabilities.

            Example: registry export cnn@production cnn.onnx
            """)

    private enum Format: String, CaseIterable {
        case safetensors, onnx
    }

    @Argument(help: "mlp, mlp@3 or mlp@production.", transform: ModelReference.init(typed:))
    var model: ModelReference

    @Argument(
        help: "The file to write, ending in .safetensors or .onnx.",
        completion: .file(extensions: Format.allCases.map(\.rawValue)))
    var file: String

    @OptionGroup var database: DatabaseOptions

    private var format: Format? { Format.allCases.first { hasExtension(file, [$0.rawValue]) } }

    func validate() throws {
        guard format != nil else {
            throw ValidationError("“\(file)” must end in .safetensors or .onnx: these formats are written.")
        }
    }

    func run() async throws {
        let store = try await database.openStore()
        let version = try store.resolve(model)
        let bytes =
            format == .onnx
            ? try Self.onnx(version, store: store) : try store.artifact(try version.weights())
        try writeFile(bytes, to: file)
        Terminal.tell("\(version.reference) → \(file), \(Quantity.count(bytes.count, "byte"))")
    }

    private static func onnx(_ version: StoredVersion, store: Store) throws -> [UInt8] {
        let trained = try TrainedNetwork(of: version, in: store)
        let dataset = try store.dataset(id: version.datasetID).description
        return try ONNXModel.encode(
            trained.network, images: dataset.shape,
            standardization: trained.configuration.training.standardization,
            producerVersion: Registry.version,
            metadata: [
                ("model", version.reference.description),
                ("weights_sha256", try version.weights()),
                ("class_names", dataset.classNames.joined(separator: "\n")),
            ])
    }
}
