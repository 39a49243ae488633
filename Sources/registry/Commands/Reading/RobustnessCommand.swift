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
            What was measured once is kept with the version, and only shown the next time. SQL: analysis.robustness, \
            analysis.tolerance.

            Examples:
              registry robustness cnn
              registry robustness cnn@production --only rotation --only blur --format csv
            """)

    @Argument(help: "mlp, mlp@3 or mlp@production.", transform: ModelReference.init(typed:))
    var model: ModelReference

    @Option(
        help: ArgumentHelp(
            "Only this change; may be given more than once: \(Perturbation.Kind.allCases.map(\.rawValue).joined(separator: ", ")).",
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

        let rows = try kinds.map { (kind: $0, rows: try store.robustness(of: version, $0.rawValue)) }
        let tables = try rows.map { try Table($0.rows) }
        let evaluations = Table(keys: tables.first?.keys ?? [], rows: tables.flatMap(\.rows))
        let points = try rows.map { (kind: $0.kind, points: try $0.rows.decoded(as: RobustnessPoint.self)) }
        let tolerances = try store.tolerances(of: version)
        let tolerated: [Tolerance] = try tolerances.decoded()
        let toleranceTable = try Table(tolerances)
        try output.print(
            text: { screen in
                """
                Test accuracy of \(version.reference) on changed images; strength 0 is the image as it is

                \(points.map { Self.text($0.kind, $0.points, on: screen) })\
                At most one point of accuracy is lost
                \(Self.text(tolerated, kinds, on: screen))
                """
            },
            json: [
                "model": .string(version.model), "version": .integer(version.number), "evaluations": evaluations.json,
                "tolerances": toleranceTable.json,
            ],
            csv: {
                switch $0 {
                case .evaluations: evaluations
                case .tolerances: toleranceTable
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

    private static func text(_ tolerances: [Tolerance], _ kinds: [Perturbation.Kind], on screen: Screen) -> TerminalText
    {
        let lines = kinds.compactMap { kind -> [String]? in
            guard let tolerance = tolerances.first(where: { $0.perturbation == kind.rawValue }) else { return nil }
            guard let range = tolerance.range else {
                return ["  \(kind.rawValue)", "– (no more than one point is there to be lost)"]
            }
            let (from, to) = (Quantity.number(range.lowerBound), Quantity.number(range.upperBound))
            let text = range.lowerBound < 0 ? "from \(from) to \(to)" : "up to \(to)"
            return ["  \(kind.rawValue)", "\(text) \(kind.unit)"]
        }
        return Table.facts(lines, on: screen)
    }
}

extension Perturbation.Kind: ExpressibleByArgument {}
