import ArgumentParser
import Judgement
import Reporting
import Store

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "A model version or a run: layers, configuration, epochs, classes.",
        discussion: """
            If a model has no version because its runs diverged, its newest run is shown. Of imported predictions only the \
            test results are known, of an imported network not how it was trained.

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
        let details = try RunDetails(of: try store.resolve(model), in: store)
        try output.print(
            text: { Self.text(details, on: $0) }, json: details.json,
            csv: {
                switch $0 {
                case .version: details.summary
                case .configuration: details.configurationTable
                case .layers: details.layers
                case .epochs: details.epochs
                case .layerMetrics: details.layerMetrics
                case .classes: details.classes
                case .classMeans: details.classMeans
                }
            })
    }

    private static func text(_ details: RunDetails, on screen: Screen) -> TerminalText {
        let classes: TerminalText =
            details.classes.rows.isEmpty
            ? ""
            : """
            Test accuracy by class
            \(details.classes.text(on: screen, most: Table.mostClasses))
            Means over the classes
            \(details.classMeans.text(on: screen))
            """
        return
            "\(Table.facts(details.summary.transposedLines(), on: screen))\n\(training(details, on: screen))\(classes)"
    }

    /// Nothing where predictions were imported.
    private static func training(_ details: RunDetails, on screen: Screen) -> TerminalText {
        guard let configuration = details.configuration else { return "" }
        let health = details.lastLayerMetrics
        let progress: TerminalText
        if details.run.origin != .trained {
            progress = health.rows.isEmpty ? "" : "Dead units\n\(health.text(on: screen))\n"
        } else if details.epochs.rows.isEmpty {
            progress = "No epoch has been stored yet.\n"
        } else {
            progress = """
                Epochs
                \(details.epochs.text(on: screen))\(Loss.meaning)

                Gradients and dead units after the last epoch
                \(health.text(on: screen))

                """
        }
        return """
            Layers
            \(details.layers.text(on: screen))
            Configuration
            \(Table.facts(configuration.lines, on: screen))
            \(progress)
            """
    }
}
