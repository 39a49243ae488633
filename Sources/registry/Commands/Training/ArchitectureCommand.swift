import ArgumentParser
import Judgement
import NeuralNetwork
import Reporting
import Samples

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
            try output.print(
                Table(
                    keys: ["architecture", "input", "layers", "parameters", "multiply_adds"],
                    rows: try Architecture.builtInNames.map { name in
                        let architecture = try input.architecture(name)
                        return [
                            .string(name), architecture.input.json,
                            .integer(architecture.summary().count), .integer(architecture.parameterCount),
                            .integer(architecture.multiplyAdds),
                        ]
                    }, styles: ["input": .sizes]))
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

        @Option(parsing: .unconditional, help: "Samples per step, for the memory of a training.")
        var batchSize = TrainingConfiguration().batchSize

        @Option(help: "sgd, adam or adamw, for the memory of a training.")
        var optimizer = TrainingConfiguration().optimizer

        @OptionGroup var input: ArchitectureOptions
        enum Part: String, CaseIterable, ExpressibleByArgument {
            case layers, totals
        }

        @OptionGroup var output: AnswerOptions<Part>

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
            let totals: KeyValuePairs<String, JSONValue> = [
                "parameters": .integer(architecture.parameterCount),
                "multiply_adds": .integer(architecture.multiplyAdds), "batch_size": .integer(batchSize),
                "optimizer": .string(optimizer.rawValue),
            ]
            let bytes: KeyValuePairs<String, JSONValue> = [
                "training": .integer(memory.total), "evaluation": .integer(evaluation.total),
                "weights": .integer(memory.weights), "gradients": .integer(memory.gradients),
                "optimizer": .integer(memory.optimizer), "activations": .integer(memory.activations),
                "storing": .integer(memory.storing),
            ]
            try output.print(
                text: { screen in
                    """
                    \(architecture.name), input \(architecture.input)\
                    \(architecture.resizesImages ? ", images are resized to it" : "")

                    \(layers.text(on: screen))
                    \(Quantity.count(architecture.parameterCount, "parameter")), \
                    \(Quantity.count(architecture.multiplyAdds, "multiply-add")) for a sample
                    memory to train with batches of \(Quantity.count(batchSize)) (\(optimizer.rawValue)): \
                    \(Quantity.bytes(memory.total)), of it weights \(Quantity.bytes(memory.weights)), \
                    activations \(Quantity.bytes(memory.activations))
                    memory to evaluate: \(Quantity.bytes(evaluation.total))

                    """
                },
                json: [
                    "name": .string(architecture.name), "input": architecture.input.json,
                    "resize": .boolean(architecture.resizesImages), "layers": layers.json,
                ] + .object(totals) + ["memory_bytes": .object(bytes)],
                csv: {
                    switch $0 {
                    case .layers: layers
                    case .totals: Table(totals.map { $0 } + bytes.map { ("memory_bytes_\($0.key)", $0.value) })
                    }
                })
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
            try Terminal.write(data: try input.architecture(architecture).json() + "\n")
        }
    }
}

extension ImageShape {
    /// Channels, height, width.
    fileprivate var json: JSONValue { .array([channels, height, width].map { .integer($0) }) }
}
