import ArgumentParser
import Judgement
import Reporting
import Store

struct ErrorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "errors",
        abstract: "What a model version takes for what, and pictures of it.",
        discussion: "Example: registry errors cnn --limit 40")

    @Argument(help: "mlp, mlp@3 or mlp@production.", transform: ModelReference.init(typed:))
    var model: ModelReference

    @OptionGroup var limit: LimitOption
    enum Part: String, CaseIterable, ExpressibleByArgument {
        case samples, confusions, categories
    }

    @OptionGroup var output: AnswerOptions<Part>
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let store = try await database.openStore()
        let version = try store.resolve(model)
        let errors = try Errors(of: version, in: store, limit: limit.limit)
        try output.print(
            text: { screen in
                """
                \(version.reference) misclassifies \(Quantity.count(errors.misclassified)) of \
                \(Quantity.count(errors.testSamples, "test sample")).

                \(Self.categories(errors, on: screen))\
                The commonest confusions
                \(errors.confusions.text(on: screen))
                The first \(Quantity.count(errors.pictures.count)) misclassified: class → prediction, probability given to it

                \(DigitPicture.grid(errors.pictures, on: screen))
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

    private static func categories(_ errors: Errors, on screen: Screen) -> TerminalText {
        // Data sets from before features were measured have none.
        guard !errors.categories.rows.isEmpty || errors.unjudged > 0 else { return "" }
        return """
            Do images that deviate from their class fail more often? Error rates by kind of deviation
            \(errors.categories.text(on: screen))\
            \(Quantity.count(errors.unexplained)) of \(Quantity.count(errors.misclassified)) misclassified fall into none \
            of these categories.\(Errors.unjudgedNote(errors.unjudged))


            """
    }
}
