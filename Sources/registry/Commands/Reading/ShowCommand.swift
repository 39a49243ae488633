import ArgumentParser
import Judgement
import NeuralNetwork
import Reporting
import Store
import Trainer

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "A model version or a run: layers, configuration, epochs, classes.",
        discussion: """
            Of a model that has no version, because its runs diverged, its newest run. Of imported predictions only the test \
            is known, of an imported network not how it was trained.

            Examples:
              registry show cnn@2
              registry show run:12
            """)

    @Argument(help: "mlp, mlp@3, mlp@production or run:12.", transform: RunReference.init(typed:))
    var model: RunReference

    enum Part: String, CaseIterable, ExpressibleByArgument {
        case version, configuration, layers, epochs, layerMetrics = "layer-metrics", classes,
            classMeans = "class-means"
    }

    @OptionGroup var output: AnswerOptions<Part>
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let store = try await database.openStore()
        let found = try store.resolve(model)
        let (summary, classes, means): (Table, Table?, Table?) =
            switch found {
            case .version(let version):
                (
                    try Table(try store.summaries(of: [version])),
                    try ClassTables.classes(try store.classAccuracy(of: version)),
                    try ClassTables.means(try store.classMeans(of: version))
                )
            case .run(let run, _, _, _): (try Table(try store.summary(ofRun: run)), nil, nil)
            }
        let epochs = try Table.epochs(ofRun: found.number, in: store)
        let isTrained = found.origin == .trained
        let configuration = try found.origin == .outside ? nil : RunConfiguration(json: found.configuration)
        let layerMetrics = try Table(try store.layerMetrics(ofRun: found.number))
        let layers = LayerTable.of(configuration?.architecture)
        let health = try Table(
            try store.layerMetrics(ofRun: found.number, epoch: isTrained ? epochs.rows.count : 1),
            styles: isTrained ? [:] : ["epoch": .hidden, "gradient_norm": .hidden])
        try output.print(
            text: { screen in
                let accuracies: TerminalText =
                    classes.map { classes in
                        """
                        Test accuracy by class
                        \(classes.text(on: screen, most: Table.mostClasses))
                        Means over the classes
                        \(means?.text(on: screen) ?? "")
                        """
                    } ?? ""
                let progress: TerminalText
                if !isTrained {
                    progress = health.rows.isEmpty ? "" : "Dead units\n\(health.text(on: screen))\n"
                } else if epochs.rows.isEmpty {
                    progress = "No epoch has been stored yet.\n"
                } else {
                    progress = """
                        Epochs
                        \(epochs.text(on: screen))\(Loss.meaning)

                        Gradients and dead units after the last epoch
                        \(health.text(on: screen))

                        """
                }
                let training: TerminalText =
                    configuration.map { configuration -> TerminalText in
                        """
                        Layers
                        \(layers.text(on: screen))
                        Configuration
                        \(Table.facts(configuration.lines, on: screen))
                        \(progress)
                        """
                    } ?? ""
                return "\(Table.facts(summary.transposedLines(), on: screen))\n\(training)\(accuracies)"
            },
            json: .object(zip(summary.keys, summary.rows[0]).map { JSONValue.Member($0, $1) }) + [
                "configuration": .verbatim(found.configuration), "layers": layers.json, "epoch_metrics": epochs.json,
                "layer_metrics": layerMetrics.json, "classes": classes?.json ?? .array([]),
                "class_means": means?.json ?? .array([]),
            ],
            csv: {
                switch $0 {
                case .version: summary
                case .configuration:
                    Table([("model", .string(found.model)), ("configuration", .verbatim(found.configuration))])
                case .layers: layers
                case .epochs: epochs
                case .layerMetrics: layerMetrics
                case .classes:
                    classes ?? Table(keys: ["label", "class_name", "samples", "correct", "accuracy"], rows: [])
                case .classMeans: means ?? Table(keys: ["metric", "mean", "value", "lower", "upper"], rows: [])
                }
            })
    }
}
