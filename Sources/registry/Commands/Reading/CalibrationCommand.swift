import ArgumentParser
import Judgement
import Reporting
import Store

struct CalibrationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibration",
        abstract:
            "Whether the probabilities of a version's answers mean what they say, and from which on to trust them.",
        discussion: """
            Reliability diagram, calibration error with its interval, Brier score and its parts; error rate against the share \
            that is answered, and the confidence from which on errors are as rare as wished. \(Calibration.basis)

            Examples:
              registry calibration mlp cnn
              registry calibration cnn@2 --error-rate 0.001 --output reliability.svg
            """)

    @Argument(
        help: "One to \(Calibration.mostVersions) of mlp, mlp@3, mlp@production.",
        transform: ModelReference.init(typed:))
    var models: [ModelReference]

    @Option(parsing: .unconditional, help: "How many bins of probability.")
    var bins = 15

    @Flag(help: "Bins of equally many samples instead of equal width, in the diagram.")
    var equalCounts = false

    @Option(parsing: .unconditional, help: "The error rate wished for: 0.01 is one error in a hundred answers.")
    var errorRate = 0.01

    @Option(
        help: "A file to draw the diagram into, ending in .svg or .png, instead of the terminal.",
        completion: .file(extensions: ["svg", "png"]))
    var output: String?

    enum Part: String, CaseIterable, ExpressibleByArgument {
        case errors, reliability, coverage, thresholds
    }

    @OptionGroup var answer: AnswerOptions<Part>
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard (1...1000).contains(bins) else { throw ValidationError("--bins must be between 1 and 1000.") }
        guard (0...1).contains(errorRate) else { throw ValidationError("--error-rate must be between 0 and 1.") }
        guard models.count <= Calibration.mostVersions else {
            throw ValidationError(
                "\(models.count) versions are more than one diagram can distinguish: name at most "
                    + "\(Calibration.mostVersions).")
        }
        guard let output else { return }
        guard hasExtension(output, ["svg", "png"]) else {
            throw ValidationError("“\(output)” must end in .svg or .png: these formats are drawn.")
        }
    }

    func run() async throws {
        let store = try await database.openStore()
        let calibration = try Calibration(
            of: try models.map { try store.resolve($0) }, bins: bins, byMass: equalCounts, errorRate: errorRate,
            in: store)
        if let output {
            let chart = calibration.chart
            let svg = Array(chart.svg().utf8)
            try writeFile(hasExtension(output, ["png"]) ? try await png(ofSVG: svg) : svg, to: output)
            Terminal.tell("\(chart.title) → \(output)")
            return
        }
        try answer.print(
            text: { screen in text(calibration, on: screen) }, json: calibration.json,
            csv: {
                switch $0 {
                case .errors: calibration.errorTable
                case .reliability: calibration.reliability
                case .coverage: calibration.coverage
                case .thresholds: calibration.thresholds
                }
            })
    }

    private func text(_ calibration: Calibration, on screen: Screen) -> TerminalText {
        let columns = calibration.versions.map { _ in true }
        let wished = Quantity.percent(errorRate, places: 2)
        let thresholds: TerminalText =
            calibration.thresholds.rows.isEmpty
            ? "At no confidence the error rate is \(wished) or less.\n"
            : """
            The lowest confidence from which on the error rate is \(wished) or less: as observed, and with its interval
            \(calibration.thresholds.text(on: screen))
            """
        return """
            \(Table.aligned(calibration.lines, isRight: [false] + columns, on: screen))\(Calibration.basis)

            \(calibration.chart.text(on: screen))
            Error rate of the surest answers
            \(calibration.coverage.text(on: screen))
            \(thresholds)
            """
    }
}
