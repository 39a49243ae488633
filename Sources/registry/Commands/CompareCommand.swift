import ArgumentParser
import Reporting
import Store

struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Which model version is better, by how much, and whether that is chance.",
        discussion: "Example: registry compare mlp cnn@3 --format json")

    @Argument(help: "Two or more of mlp, mlp@3, mlp@production.")
    var models: [ModelReference]

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard models.count >= 2 else {
            throw ValidationError("Name two or more models, e.g.: registry compare mlp cnn")
        }
    }

    func run() async throws {
        let store = try await database.openStore()
        let comparison = try Comparison(of: try models.map { try store.resolve($0) }, in: store)
        let json = try comparison.json()
        try output.print(text: try Self.text(comparison), json: json, csv: try comparison.table())
    }

    private static func text(_ comparison: Comparison) throws -> String {
        let columns = comparison.versions.map { _ in true }
        let pairs = try comparison.pairs.map { pair in
            "\n" + Table.aligned(try pair.agreementLines(), isRight: [false, true, true])
                + Table.aligned(
                    try pair.figureLines(isOneOfSeveral: comparison.pairs.count > 1), isRight: [false, false])
                + (try pair.verdict()) + "\n"
        }
        return Table.aligned(try comparison.summaryLines(), isRight: [false] + columns)
            + "\nTest accuracy by class\n"
            + Table.aligned(try comparison.classLines(), isRight: [true, false, true] + columns)
            + pairs.joined()
    }
}
