import ArgumentParser
import Reporting
import Store

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a model version's weights to a file.",
        discussion: """
            Tensors are named and laid out as in PyTorch's state_dict: fc1.weight [out, in], \
            conv1.weight [out, in, height, width].

            Example: registry export cnn@production cnn.safetensors
            """)

    @Argument(help: "mlp, mlp@3 or mlp@production.")
    var model: ModelReference

    @Argument(help: "The file to write, ending in .safetensors.", completion: .file(extensions: ["safetensors"]))
    var file: String

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard file.hasSuffix(".safetensors") else {
            throw ValidationError("“\(file)” must end in .safetensors: that is the format written.")
        }
    }

    func run() async throws {
        let store = try await database.openStore()
        let version = try store.resolve(model)
        let weights = try store.artifact(version.weightsDigest)
        try writeFile(weights, to: file)
        Terminal.tell("\(version.reference) → \(file), \(Quantity.count(weights.count)) bytes")
    }
}
