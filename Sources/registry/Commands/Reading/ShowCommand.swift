import ArgumentParser
import Judgement
import NeuralNetwork
import Reporting
import Store
import Trainer

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "A model version: layers, configuration, epochs, classes.",
        discussion: "Example: registry show cnn@2")

    @Argument(help: "mlp, mlp@3 or mlp@production.", transform: ModelReference.init(typed:))
    var model: ModelReference

    enum Part: String, CaseIterable, ExpressibleByArgument {
        case version, configuration, layers, epochs, layerMetrics = "layer-metrics", classes
    }

    @OptionGroup var output: AnswerOptions<Part>
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
        try output.print(
            text: { screen in
                """
                \(Table.facts(summary.transposedLines(), on: screen))
                Layers
                \(layers.text(on: screen))
                Configuration
                \(Table.facts(configuration.training.lines, on: screen))
                Epochs
                \(epochs.text(on: screen))
                Gradients and dead units after the last epoch
                \(health.text(on: screen))
                Test accuracy by class
                \(classes.text(on: screen))
                """
            },
            json: .object(zip(summary.keys, summary.rows[0]).map { JSONValue.Member($0, $1) }) + [
                "configuration": .verbatim(version.configuration), "layers": layers.json, "epoch_metrics": epochs.json,
                "layer_metrics": layerMetrics.json, "classes": classes.json,
            ],
            csv: {
                switch $0 {
                case .version: summary
                case .configuration:
                    Table([("model", .string(version.model)), ("configuration", .verbatim(version.configuration))])
                case .layers: layers
                case .epochs: epochs
                case .layerMetrics: layerMetrics
                case .classes: classes
                }
            })
    }
}
