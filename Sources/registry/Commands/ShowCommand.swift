import ArgumentParser
import NeuralNetwork
import Reporting
import Store
import Trainer

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "A model version: layers, configuration, epochs, classes.",
        discussion: "Example: registry show cnn@2")

    @Argument(help: "mlp, mlp@3 or mlp@production.")
    var model: ModelReference

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let store = try await database.openStore()
        let version = try store.resolve(model)
        let summary = try Table(try store.summaries(of: [version]))
        let epochs = try Table(try store.epochs(ofRun: version.run))
        let classes = try Table(try store.classAccuracy(of: version))
        let configuration = try RunConfiguration(json: version.configuration)
        let layers = Self.layers(configuration.architecture)
        output.print(
            text: Self.heading(summary) + "\nLayers\n" + layers.text
                + "\nConfiguration\n" + Self.configuration(configuration.training)
                + "\nEpochs\n" + epochs.text + "\nTest accuracy by class\n" + classes.text,
            json: .object(
                zip(summary.keys, summary.rows[0]).map { JSONValue.Member($0, $1) } + [
                    JSONValue.Member("configuration", .verbatim(version.configuration)),
                    JSONValue.Member("layers", layers.json),
                    JSONValue.Member("epoch_metrics", epochs.json),
                    JSONValue.Member("classes", classes.json),
                ]),
            csv: summary)
    }

    /// A line a column of the one row.
    private static func heading(_ summary: Table) -> String {
        let lines = summary.transposedLines()
        return Table.aligned(lines, isRight: [false, false])
    }

    private static func layers(_ architecture: Architecture) -> Table {
        Table(
            keys: ["layer", "type", "output", "parameters", "multiply_adds"],
            rows: architecture.summary().map { layer in
                [
                    .string(layer.name), .string(layer.type), .string(layer.output), .integer(layer.parameters),
                    .integer(layer.multiplyAdds),
                ]
            })
    }

    private static func configuration(_ training: TrainingConfiguration) -> String {
        let standardization = training.standardization.map { "mean \($0.mean), deviation \($0.standardDeviation)" }
        return Table.aligned(
            [
                ["epochs", Quantity.count(training.epochs)],
                ["batch size", Quantity.count(training.batchSize)],
                ["learning rate", "\(training.learningRate), × \(training.learningRateDecay) an epoch"],
                ["momentum", "\(training.momentum)"],
                ["weight decay", "\(training.weightDecay)"],
                ["seed", "\(training.seed)"],
                ["order", training.shuffles ? "shuffled each epoch" : "as in the data set"],
                ["standardised", standardization ?? "no"],
            ], isRight: [false, false])
    }
}
