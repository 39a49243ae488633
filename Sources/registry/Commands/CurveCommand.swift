import ArgumentParser
import PostgreSQL
import Reporting
import Store

struct CurveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "curve",
        abstract: "How loss or accuracy went while model versions were trained.",
        discussion: """
            Training loss of every hundredth batch as a line, test loss after each epoch as a marker, against the samples \
            seen.

            Examples:
              registry curve mlp cnn
              registry curve mlp cnn --accuracy --output curve.svg
            """)

    @Argument(help: "One or more of mlp, mlp@3, mlp@production.")
    var models: [ModelReference]

    @Flag(help: "Accuracy instead of loss.")
    var accuracy = false

    @Option(
        help: "A file to draw into, ending in .svg, instead of the terminal.", completion: .file(extensions: ["svg"]))
    var output: String?

    @OptionGroup var format: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard !models.isEmpty else { throw ValidationError("Name one or more models, e.g.: registry curve mlp cnn") }
        guard output?.hasSuffix(".svg") ?? true else {
            throw ValidationError("“\(output ?? "")” must end in .svg: that is the format drawn.")
        }
    }

    func run() async throws {
        let store = try await database.openStore()
        let versions = try models.map { try store.resolve($0) }
        let curves = try versions.map { (try store.lossCurve(of: $0), try store.epochs(ofRun: $0.run)) }
        let series = try zip(versions, curves).enumerated().flatMap { group, curve in
            try self.series(of: "\(curve.0.reference)", group, steps: curve.1.0, epochs: curve.1.1)
        }
        let chart = Chart(
            title: "\(accuracy ? "Accuracy" : "Loss") of "
                + versions.map { "\($0.reference)" }.joined(separator: ", "),
            xTitle: "training samples seen", yTitle: accuracy ? "share classified rightly" : "mean cross-entropy, nats",
            series: series)
        if let output {
            try writeFile(Array(chart.svg().utf8), to: output)
            Terminal.tell("\(chart.title) → \(output)")
            return
        }
        let points = Table(
            keys: ["series", "samples_seen", "value"],
            rows: series.flatMap { series in
                series.points.map { [.string(series.name), .integer(Int($0.x)), .number($0.y)] }
            })
        format.print(text: chart.text(columns: Terminal.columns()), json: points.json, csv: points)
    }

    private func series(of name: String, _ group: Int, steps: Rows, epochs: Rows) throws -> [Chart.Series] {
        func points(_ rows: Rows, _ column: String) throws -> [Chart.Point] {
            try rows.map { Chart.Point(x: Double(try $0["samples_seen"] as Int), y: try $0[column]) }
        }
        let training =
            accuracy ? try points(epochs, "training_accuracy") : try points(steps, "loss")
        return [
            Chart.Series(
                name: "\(name) training\(accuracy ? " (mean of each epoch)" : "")", style: .line, group: group,
                points: training),
            Chart.Series(
                name: "\(name) test", style: .markers, group: group,
                points: try points(epochs, accuracy ? "test_accuracy" : "test_loss")),
        ]
    }
}
