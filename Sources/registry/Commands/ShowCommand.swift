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
        let epochs = try Table(try store.epochs(ofRun: version.run), styles: ["samples_seen": .hidden])
        let classes = try Table(try store.classAccuracy(of: version))
        let configuration = try RunConfiguration(json: version.configuration)
        let layerMetrics = try Table(try store.layerMetrics(ofRun: version.run))
        let layers = LayerTable.of(configuration.architecture)
        let health = try Table(try store.layerMetrics(ofRun: version.run, epoch: epochs.rows.count))
        output.print(
            text: Self.heading(summary) + "\nLayers\n" + layers.text
                + "\nConfiguration\n" + Table.aligned(configuration.training.lines, isRight: [false, false])
                + "\nEpochs\n" + epochs.text
                + "\nGradients and dead units after the last epoch\n" + health.text + "\nTest accuracy by class\n"
                + classes.text,
            json: .object(
                zip(summary.keys, summary.rows[0]).map { JSONValue.Member($0, $1) } + [
                    JSONValue.Member("configuration", .verbatim(version.configuration)),
                    JSONValue.Member("layers", layers.json),
                    JSONValue.Member("epoch_metrics", epochs.json),
                    JSONValue.Member("layer_metrics", layerMetrics.json),
                    JSONValue.Member("classes", classes.json),
                ]),
            csv: summary)
    }

    /// A line a column of the one row.
    private static func heading(_ summary: Table) -> String {
        let lines = summary.transposedLines()
        return Table.aligned(lines, isRight: [false, false])
    }
}
