import Reporting
import Store

/// What a learning curve shows.
package enum LearningMeasure {
    case loss, accuracy
}

/// What there is no curve of.
package struct NoEpochs: Error, Sendable, CustomStringConvertible {
    /// `mlp@3`, or `mlp, run 12`.
    package let name: String
    package let origin: Origin

    package init(_ run: FoundRun) {
        name = run.name
        origin = run.origin
    }

    package var description: String {
        "\(name) has no epochs: its \(origin == .imported ? "weights" : "predictions") were imported."
    }
}

/// Training, validation and test of runs against the samples seen: the training loss of every hundredth batch, all else
/// epoch by epoch.
package struct LearningCurve {
    /// All points, whatever they are: of a chart those that can be drawn.
    private struct Line {
        let name: String
        let style: Chart.Series.Style
        let group: Int
        let points: [Chart.Point]
    }

    package let chart: Chart
    private let lines: [Line]

    package init(of runs: [(name: String, number: Int)], _ measure: LearningMeasure, in store: Store) throws {
        lines = try runs.enumerated().flatMap { group, run -> [Line] in
            let epochs: [EpochResult] = try store.epochs(ofRun: run.number).decoded()
            func line(_ what: String, _ style: Chart.Series.Style, _ value: (EpochResult) -> Double?) -> Line {
                let points = epochs.compactMap { epoch in
                    value(epoch).map { Chart.Point(x: Double(epoch.samplesSeen), y: $0) }
                }
                return Line(name: "\(run.name) \(what)", style: style, group: group, points: points)
            }
            let (training, validation, test): (Line, Line, Line)
            switch measure {
            case .loss:
                let losses = try store.lossCurve(ofRun: run.number).decoded(as: LossPoint.self)
                    .map { Chart.Point(x: Double($0.samplesSeen), y: $0.loss) }
                training = Line(name: "\(run.name) training", style: .line, group: group, points: losses)
                validation = line("validation", .outlines) { $0.validationLoss }
                test = line("test", .markers) { $0.testLoss }
            case .accuracy:
                training = line("training (mean of each epoch)", .line) { $0.trainingAccuracy }
                validation = line("validation", .outlines) { $0.validationAccuracy }
                test = line("test", .markers) { $0.testAccuracy }
            }
            return validation.points.isEmpty ? [training, test] : [training, validation, test]
        }
        chart = Chart(
            title: "\(measure == .accuracy ? "Accuracy" : "Loss") of "
                + runs.map(\.name).joined(separator: ", "),
            xTitle: "training samples seen",
            yTitle: measure == .accuracy ? "share correctly classified" : "mean cross-entropy, nats",
            series: lines.map { line in
                Chart.Series(
                    name: line.name + Self.note(line.points), style: line.style, group: line.group,
                    points: line.points)
            })
    }

    /// What a name says of points that are not drawn.
    private static func note(_ points: [Chart.Point]) -> String {
        let drawn = points.count(where: \.y.isFinite)
        if points.isEmpty { return ": nothing stored" }
        return drawn == points.count ? "" : ": \(drawn == 0 ? "no" : "not every") value is finite"
    }

    /// Whether no run has anything to be drawn.
    package var isEmpty: Bool { chart.series.allSatisfy(\.points.isEmpty) }

    /// One row per point.
    package var table: Table {
        Table(
            keys: ["series", "samples_seen", "value"],
            rows: lines.flatMap { line in
                line.points.map { [.string(line.name), .integer(Int($0.x)), .number($0.y)] }
            })
    }
}
