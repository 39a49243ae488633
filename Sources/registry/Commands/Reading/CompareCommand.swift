import ArgumentParser
import Judgement
import Reporting
import Store

struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Which model version is better, by how much, and whether that is chance.",
        discussion: "Example: registry compare mlp cnn@3 --format json")

    @Argument(
        help: "Two to \(Comparison.mostVersions) of mlp, mlp@3, mlp@production. Each is compared with each.",
        transform: ModelReference.init(typed:))
    var models: [ModelReference]

    enum Part: String, CaseIterable, ExpressibleByArgument {
        case pairs, models, classes, classMeans = "class-means"
    }

    @Flag(help: "Print only the verdicts, a sentence for each pair.")
    var quiet = false

    @OptionGroup var output: AnswerOptions<Part>
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard models.count >= 2 else {
            throw ValidationError("Name two or more models, e.g.: registry compare mlp cnn")
        }
        guard !quiet || output.output.format == .table else {
            throw ValidationError("--quiet goes without --format: JSON and CSV are whole.")
        }
    }

    func run() async throws {
        try checkCount(ofCompared: models.count)
        let store = try await database.openStore()
        let comparison = try Comparison(of: try models.map { try store.resolve($0) }, in: store)
        try output.print(
            text: { screen in
                quiet
                    ? "\(comparison.pairs.map { "\($0.verdict)\n" as TerminalText })"
                    : Self.text(comparison, on: screen)
            }, json: comparison.json,
            csv: {
                switch $0 {
                case .pairs: comparison.pairTable
                case .models: comparison.modelTable
                case .classes: comparison.classTable
                case .classMeans: comparison.meanTable
                }
            })
    }

    private static func text(_ comparison: Comparison, on screen: Screen) -> TerminalText {
        let columns = comparison.versions.map { _ in true }
        // The first line has the titles.
        let classes = comparison.classLines.prefix(1 + Table.mostClasses)
        let left = comparison.classLines.count - classes.count
        let others: TerminalText = left == 0 ? "" : Table.note(onRows: left)
        let pairs = comparison.pairs.map { pair -> TerminalText in
            let figures = pair.figureLines(isOneOfSeveral: comparison.pairs.count > 1)
            return """

                \(Table.aligned(pair.agreementLines, isRight: [false, true, true], on: screen))\
                \(Table.facts(figures, on: screen))\(pair.verdict)

                """
        }
        return """
            \(Table.aligned(comparison.summaryLines, isRight: [false] + columns, on: screen))\(Loss.meaning)

            Test accuracy by class
            \(Table.aligned(Array(classes), isRight: [false, true] + columns, on: screen))\(others)\(pairs)
            """
    }
}

/// - Throws: `TooManyVersions`.
func checkCount(ofCompared count: Int) throws {
    guard count <= Comparison.mostVersions else {
        throw TooManyVersions(count: count)
    }
}

/// More versions than are compared each with each.
struct TooManyVersions: Failure {
    let count: Int

    var exitStatus: ExitStatus { .usage }

    var description: String {
        "\(count) versions are too many to compare each with each: name at most \(Comparison.mostVersions). For more, ask "
            + "in SQL: analysis.compare"
    }
}
