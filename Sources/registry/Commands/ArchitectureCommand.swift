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
            abstract:
                "The layer table: output shapes, parameters, multiply-adds of a sample, and the memory that it needs.",
            discussion: """
                Nothing is allocated. The memory is that of a whole process at its peak, without the data set's images.

                Example: registry architecture show vgg16 --batch-size 16 --optimizer adam
                """)

        @Argument(help: "A built-in network, or a file with an architecture in JSON.", completion: .file())
        var architecture: String

        @Option(help: "Samples a step, for the memory of a training.")
        var batchSize = TrainingConfiguration().batchSize

        @Option(help: "sgd, adam or adamw, for the memory of a training.")
        var optimizer = TrainingConfiguration().optimizer

        @OptionGroup var input: ArchitectureOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (1...65_536).contains(batchSize) else {
                throw ValidationError("--batch-size must be between 1 and 65,536.")
            }
        }

        func run() async throws {
            let architecture = try input.architecture(architecture)
            var training = TrainingConfiguration()
            training.batchSize = batchSize
            training.optimizer = optimizer
            let memory = architecture.trainingMemory(training, samples: nil)
            let evaluation = architecture.evaluationMemory(batchSize: batchSize, samples: nil)
            let layers = LayerTable.of(architecture)
            let totals: [JSONValue.Member] = [
                JSONValue.Member("parameters", .integer(architecture.parameterCount)),
                JSONValue.Member("multiply_adds", .integer(architecture.multiplyAdds)),
                JSONValue.Member("batch_size", .integer(batchSize)),
                JSONValue.Member("optimizer", .string(optimizer.rawValue)),
                JSONValue.Member(
                    "memory_bytes",
                    .object([
                        JSONValue.Member("training", .integer(memory.total)),
                        JSONValue.Member("evaluation", .integer(evaluation.total)),
                        JSONValue.Member("weights", .integer(memory.weights)),
                        JSONValue.Member("gradients", .integer(memory.gradients)),
                        JSONValue.Member("optimizer", .integer(memory.optimizer)),
                        JSONValue.Member("activations", .integer(memory.activations)),
                        JSONValue.Member("storing", .integer(memory.storing)),
                    ])),
            ]
            output.print(
                text: "\(architecture.name), input \(architecture.input)"
                    + (architecture.resizesImages ? ", images are resized to it" : "") + "\n\n" + layers.text
                    + "\n\(Quantity.count(architecture.parameterCount)) parameters, "
                    + "\(Quantity.count(architecture.multiplyAdds)) multiply-adds a sample\n"
                    + "memory to train with batches of \(batchSize) (\(optimizer.rawValue)): "
                    + "\(Quantity.bytes(memory.total)), of it weights \(Quantity.bytes(memory.weights)), "
                    + "activations \(Quantity.bytes(memory.activations))\n"
                    + "memory to evaluate: \(Quantity.bytes(evaluation.total))\n",
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
