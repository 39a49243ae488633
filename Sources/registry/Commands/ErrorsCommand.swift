import ArgumentParser
import Reporting
import Store

struct ErrorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "errors",
        abstract: "What a model version takes for what, and pictures of it.",
        discussion: "Example: registry errors cnn --limit 40")

    @Argument(help: "mlp, mlp@3 or mlp@production.")
    var model: ModelReference

    @OptionGroup var limit: LimitOption
    @OptionGroup var output: OutputOptions
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
        try output.print(
            text: "\(version.reference) misclassifies \(Quantity.count(misclassified)) of "
                + "\(Quantity.count(testSamples)) test samples.\n\n"
                + Self.text(categories, unexplained: unexplained, unjudged: unjudged, of: misclassified)
                + "The commonest confusions\n\(confusions.text)\n"
                + "The first \(samples.count) misclassified: label → prediction, probability given to it\n\n"
                + DigitPicture.grid(
                    samples.map { row in
                        let (index, label, predicted): (Int, Int, Int) =
                            (try row["index"], try row["label"], try row["predicted"])
                        return try DigitPicture(
                            row,
                            captions: [
                                "#\(index)",
                                "\(label) → \(predicted)  \(Quantity.percent(try row["confidence"], places: 0))",
                            ])
                    }),
            json: .object([
                JSONValue.Member("model", .string(version.model)),
                JSONValue.Member("version", .integer(version.number)),
                JSONValue.Member("test_samples", .integer(testSamples)),
                JSONValue.Member("misclassified", .integer(misclassified)),
                JSONValue.Member("categories", categories.json),
                JSONValue.Member("unexplained", .integer(unexplained)),
                JSONValue.Member("unjudged", .integer(unjudged)),
                JSONValue.Member("confusions", confusions.json),
                JSONValue.Member("samples", table.json),
            ]),
            csv: table)
    }

    private static func text(
        _ categories: Table, unexplained count: Int, unjudged: Int, of errors: Int
    ) -> String {
        // Data sets from before features were measured have none.
        guard !categories.rows.isEmpty || unjudged > 0 else { return "" }
        return "Does it matter how a digit is drawn? Error rates by deviation from its class\n" + categories.text
            + "\(Quantity.count(count)) of \(Quantity.count(errors)) misclassified deviate in none of these ways."
            + "\(DifficultyTables.unjudged(unjudged))\n\n"
    }
}
