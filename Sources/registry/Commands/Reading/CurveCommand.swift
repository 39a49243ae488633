import ArgumentParser
import Judgement
import Reporting
import Store

struct CurveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "curve",
        abstract: "Loss or accuracy in the course of training.",
        discussion: """
            Training loss of every hundredth batch as a line, test loss after each epoch as a marker, against the samples \
            seen; of data sets with a validation split its loss as an outlined marker. \(Loss.meaning) If a model has no version \
            because its runs diverged, its newest run is drawn. What was imported has no epochs and is left out.

            Examples:
              registry curve mlp cnn
              registry curve mlp cnn --accuracy --output curve.svg
              registry curve mlp run:12 --output curve.png
            """)

    @Argument(help: "One or more of mlp, mlp@3, mlp@production, run:12.", transform: RunReference.init(typed:))
    var models: [RunReference]

    @Flag(help: "Accuracy instead of loss.")
    var accuracy = false

    @Option(
        name: .customLong("output"),
        help: "A file to draw into, ending in .svg or .png, instead of the terminal.",
        completion: .file(extensions: ["svg", "png"]))
    var file: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard let file else { return }
        guard hasExtension(file, ["svg", "png"]) else {
            throw ValidationError("“\(file)” must end in .svg or .png: these formats are drawn.")
        }
    }

    func run() async throws {
        guard models.count <= Chart.distinctGroups || (file == nil && output.format != .table) else {
            throw TooManyCurves(count: models.count, most: Chart.distinctGroups)
        }
        let store = try await database.openStore()
        let found = try models.map { try store.resolve($0) }
        let trained = found.filter { $0.origin == .trained }
        for run in found where run.origin != .trained {
            guard !trained.isEmpty else { throw NoEpochs(run) }
            Terminal.tell("\(NoEpochs(run))")
        }
        let runs = trained.map { (name: $0.name, number: $0.number) }
        let curve = try LearningCurve(of: runs, accuracy ? .accuracy : .loss, in: store)
        if curve.isEmpty, file != nil || output.format == .table { throw NothingToDraw(runs: runs.map(\.name)) }
        let chart = curve.chart
        if let file {
            let svg = Array(chart.svg().utf8)
            try writeFile(hasExtension(file, ["png"]) ? try await png(ofSVG: svg) : svg, to: file)
            Terminal.tell("\(chart.title) → \(file)")
            return
        }
        try output.print(text: { chart.text(on: $0) }, json: curve.table.json, csv: curve.table)
    }
}

/// Runs that have stored nothing yet.
struct NothingToDraw: Failure {
    let runs: [String]

    var exitStatus: ExitStatus { .notFound }
    var description: String {
        "Nothing is there to be drawn of \(runs.joined(separator: "; ")): no finite value has been stored. See: registry runs"
    }
}

/// More curves than have colours of their own.
struct TooManyCurves: Failure {
    let count: Int
    let most: Int

    var exitStatus: ExitStatus { .usage }
    var description: String {
        "\(count) versions are more than one chart can distinguish: name at most \(most), or ask for --format csv."
    }
}
