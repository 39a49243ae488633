import ArgumentParser
import Judgement
import Reporting
import Store

struct ErrorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "errors",
        abstract: "Which classes a model version confuses, with pictures.",
        discussion: """
            Examples:
              registry errors cnn --limit 40
              registry errors cnn@2 --class 4
            """)

    @Argument(help: "mlp, mlp@3 or mlp@production.", transform: ModelReference.init(typed:))
    var model: ModelReference

    @Option(name: .customLong("class"), parsing: .unconditional, help: "Only test samples of this class: its name.")
    var className: String?

    @OptionGroup var limit: LimitOption
    enum Part: String, CaseIterable, ExpressibleByArgument {
        case samples, confusions, categories
    }

    @OptionGroup var output: AnswerOptions<Part>
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let store = try await database.openStore()
        let version = try store.resolve(model)
        let label = try className.map { try store.dataset(id: version.datasetID).label(ofClass: $0) }
        let errors = try Errors(of: version, in: store, class: label, limit: limit.limit)
        try output.print(
            text: { screen in
                """
                \(version.reference) misclassifies \(Quantity.count(errors.misclassified)) of \
                \(Quantity.count(errors.testSamples, "test sample"))\(className.map { " of class \($0)" } ?? "").

                \(Self.categories(errors, on: screen))\(Self.mistakes(errors, on: screen))
                """
            },
            json: errors.json,
            csv: {
                switch $0 {
                case .samples: errors.samples
                case .confusions: errors.confusions
                case .categories: errors.categories
                }
            })
    }

    /// Nothing where there is none.
    private static func mistakes(_ errors: Errors, on screen: Screen) -> TerminalText {
        guard !errors.pictures.isEmpty else { return "" }
        return """
            The commonest confusions
            \(errors.confusions.text(on: screen))
            The first \(Quantity.count(errors.pictures.count)) misclassified: class → prediction, the probability that it got

            \(DigitPicture.grid(errors.pictures, on: screen))
            """
    }

    private static func categories(_ errors: Errors, on screen: Screen) -> TerminalText {
        // Data sets from before features were measured have none.
        guard !errors.categories.rows.isEmpty || errors.uncategorized?.unjudged ?? 0 > 0 else { return "" }
        let others: TerminalText =
            (errors.misclassified == 0 ? nil : errors.uncategorized).map {
                """
                \(Quantity.count($0.unexplained)) of \(Quantity.count(errors.misclassified)) misclassified \
                \($0.unexplained == 1 ? "falls" : "fall") into none of these categories.\(Errors.unjudgedNote($0.unjudged))

                """
            } ?? ""
        return """
            Do images that deviate from their class fail more often? Error rates by kind of deviation
            \(errors.categories.text(on: screen))\(others)

            """
    }
}
