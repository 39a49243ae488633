import ArgumentParser
import FoundationEssentials
import Judgement
import NeuralNetwork
import Reporting
import Store
import Trainer

struct RobustnessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "robustness",
        abstract: "How accuracy falls when test images are moved, turned, blurred, noisy or clipped.",
        discussion: """
            Results are stored with the version; the next time they are shown without being measured again. SQL: \
            analysis.robustness, analysis.tolerance.

            Examples:
              registry robustness cnn
              registry robustness cnn@production --only rotation --only blur --format csv
            """)

    @Argument(help: "mlp, mlp@3 or mlp@production.", transform: ModelReference.init(typed:))
    var model: ModelReference

    @Option(
        help: ArgumentHelp(
            "Only this change; may be given more than once: \(Perturbation.Kind.allValueStrings.joined(separator: ", ")).",
            valueName: "change"))
    var only: [Perturbation.Kind] = []

    @OptionGroup var computing: ThreadOptions

    enum Part: String, CaseIterable, ExpressibleByArgument {
        case evaluations, tolerances
    }

    @OptionGroup var output: AnswerOptions<Part>
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let engine = try computing.engine()
        let store = try await database.openStore()
        let version = try store.resolve(model)
        let kinds = only.isEmpty ? Perturbation.Kind.allCases : Perturbation.Kind.allCases.filter(only.contains)
        let test = RobustnessTest(version, engine: engine, store: store)
        try test(kinds) { perturbation, done, count in
            guard Terminal.isErrorTerminal else { return }
            Terminal.showProgress(
                "\(done + 1) of \(count): \(perturbation.kind.rawValue) \(Quantity.number(perturbation.strength))")
        }
        if Terminal.isErrorTerminal { Terminal.showProgress("") }

        let robustness = try Robustness(of: version, kinds, in: store)
        try output.print(
            text: { screen in
                """
                Test accuracy of \(version.reference) on changed images; strength 0 is the image as it is

                \(robustness.curves.map { Self.text($0.kind, $0.points, on: screen) })\
                At most one point of accuracy is lost
                \(Table.facts(robustness.toleranceLines, on: screen))
                """
            }, json: robustness.json,
            csv: {
                switch $0 {
                case .evaluations: robustness.evaluations
                case .tolerances: robustness.tolerances
                }
            })
    }

    /// Two lines: strengths, and the accuracies below.
    private static func text(
        _ kind: Perturbation.Kind, _ points: [RobustnessPoint], on screen: Screen
    ) -> TerminalText {
        let strengths = points.map { Quantity.number($0.strength) }
        let accuracies = points.map { Quantity.decimal($0.testAccuracy, places: 3) }
        let perLine = 8
        let lines = stride(from: 0, to: points.count, by: perLine).map { start in
            let part = start..<min(start + perLine, points.count)
            return Table.aligned(
                [["  strength"] + strengths[part], ["  accuracy"] + accuracies[part]],
                isRight: [false] + part.map { _ in true }, on: screen)
        }
        return "\(kind.rawValue), \(kind.unit)\n\(lines)\n"
    }
}

extension Perturbation.Kind: ExpressibleByArgument {
    /// A word of the command line: `shift-right`; with a space as it is stored, too.
    package init?(argument: String) { self.init(rawValue: argument.replacing("-", with: " ")) }

    package var defaultValueDescription: String { rawValue.replacing(" ", with: "-") }
    package static var allValueStrings: [String] { allCases.map(\.defaultValueDescription) }
}
