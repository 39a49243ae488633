import ArgumentParser
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
        let summary = try store.summaries(of: [version])[0]
        let (testSamples, misclassified): (Int, Int) = (try summary["test_samples"], try summary["misclassified"])
        let confusions = try Table(try store.confusions(of: version, limit: limit.limit))
        let samples = try store.misclassifiedSamples(of: version, limit: limit.limit)
        let table = try Table(samples)
        let categories = try DifficultyTables.categories(try store.categoryErrors(of: version))
        let (unexplained, unjudged) = try store.unexplainedErrors(of: version)
        let pictures = try samples.map { row in
            let (index, name, predicted): (Int, String, String) =
                (try row["index"], try row["class_name"], try row["predicted_name"])
            let confidence = Quantity.percent(try row["confidence"], places: 0)
            return try DigitPicture(row, captions: ["#\(index)", "\(name) → \(predicted)  \(confidence)"])
        }
        try output.print(
            text: { screen in
                """
                \(version.reference) misclassifies \(Quantity.count(misclassified)) of \
                \(Quantity.count(testSamples, "test sample")).

                \(Self.text(categories, unexplained: unexplained, unjudged: unjudged, of: misclassified, on: screen))\
                The commonest confusions
                \(confusions.text(on: screen))
                The first \(Quantity.count(samples.count)) misclassified: class → prediction, probability given to it

                \(DigitPicture.grid(pictures, on: screen))
                """
            },
            json: [
                "model": .string(version.model), "version": .integer(version.number),
                "test_samples": .integer(testSamples), "misclassified": .integer(misclassified),
                "categories": categories.json, "unexplained": .integer(unexplained), "unjudged": .integer(unjudged),
                "confusions": confusions.json, "samples": table.json,
            ],
            csv: {
                switch $0 {
                case .samples: table
                case .confusions: confusions
                case .categories: categories
                }
            })
    }

    private static func text(
        _ categories: Table, unexplained count: Int, unjudged: Int, of errors: Int, on screen: Screen
    ) -> TerminalText {
        // Data sets from before features were measured have none.
        guard !categories.rows.isEmpty || unjudged > 0 else { return "" }
        return """
            Do images that deviate from their class fail more often? Error rates by kind of deviation
            \(categories.text(on: screen))\
            \(Quantity.count(count)) of \(Quantity.count(errors)) misclassified fall into none of these \
            categories.\(DifficultyTables.unjudged(unjudged))


            """
    }
}
