import ArgumentParser
import NeuralNetwork
import Reporting

struct ArchitectureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "architecture",
        abstract: "What a network is made of, before it is trained.",
        subcommands: [List.self, Show.self, Describe.self])
}

extension ArchitectureCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The built-in networks.",
            discussion: "Example: registry architecture list")

        @OptionGroup var input: ArchitectureOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            output.print(
                Table(
                    keys: ["architecture", "input", "layers", "parameters", "multiply_adds"],
                    rows: try Architecture.builtInNames.map { name in
                        let architecture = try input.architecture(name)
                        return [
                            .string(name), .string(architecture.input.description),
                            .integer(architecture.layers.count), .integer(architecture.parameterCount),
                            .integer(architecture.multiplyAdds),
                        ]
                    }))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The layer table: output shapes, parameters, multiply-adds of a sample. Allocates no weights.",
            discussion: "Example: registry architecture show vgg16 --classes 1000")

        @Argument(help: "A built-in network, or a file with an architecture in JSON.", completion: .file())
        var architecture: String

        @OptionGroup var input: ArchitectureOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let architecture = try input.architecture(architecture)
            let layers = LayerTable.of(architecture)
            let totals: [JSONValue.Member] = [
                JSONValue.Member("parameters", .integer(architecture.parameterCount)),
                JSONValue.Member("multiply_adds", .integer(architecture.multiplyAdds)),
            ]
            output.print(
                text: "\(architecture.name), input \(architecture.input)"
                    + (architecture.resizesImages ? ", images are resized to it" : "") + "\n\n" + layers.text
                    + "\n\(Quantity.count(architecture.parameterCount)) parameters, "
                    + "\(Quantity.count(architecture.multiplyAdds)) multiply-adds a sample\n",
                json: .object(
                    [
                        JSONValue.Member("name", .string(architecture.name)),
                        JSONValue.Member("input", .string(architecture.input.description)),
                        JSONValue.Member("resize", .boolean(architecture.resizesImages)),
                        JSONValue.Member("layers", layers.json),
                    ] + totals),
                csv: layers)
        }
    }

    struct Describe: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The architecture in JSON: a start for one of your own.",
            discussion: "Example: registry architecture describe cnn > mine.json")

        @Argument(help: "A built-in network, or a file with an architecture in JSON.", completion: .file())
        var architecture: String

        @OptionGroup var input: ArchitectureOptions

        func run() async throws {
            Terminal.write(try input.architecture(architecture).json() + "\n")
        }
    }
}
