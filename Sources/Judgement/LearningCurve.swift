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

    package init(name: String) {
        self.name = name
    }

    package var description: String { "\(name) has no epochs: its predictions were imported." }
}

/// Training and test of runs against the samples seen: the training loss of every hundredth batch, all else epoch by
/// epoch.
package struct LearningCurve {
    package let chart: Chart
    /// All points, whatever they are: of the chart those that can be drawn.
    private let lines: [(name: String, points: [Chart.Point])]

    package init(of runs: [(name: String, number: Int)], _ measure: LearningMeasure, in store: Store) throws {
        lines = try runs.flatMap { run -> [(name: String, points: [Chart.Point])] in
            let epochs: [EpochResult] = try store.epochs(ofRun: run.number).decoded()
            func points(_ value: (EpochResult) -> Double) -> [Chart.Point] {
                epochs.map { Chart.Point(x: Double($0.samplesSeen), y: value($0)) }
            }
            switch measure {
            case .loss:
                let losses = try store.lossCurve(ofRun: run.number).decoded(as: LossPoint.self)
                    .map { Chart.Point(x: Double($0.samplesSeen), y: $0.loss) }
                return [("\(run.name) training", losses), ("\(run.name) test", points(\.testLoss))]
            case .accuracy:
                return [
                    ("\(run.name) training (mean of each epoch)", points(\.trainingAccuracy)),
                    ("\(run.name) test", points(\.testAccuracy)),
                ]
            }
        }
        chart = Chart(
            title: "\(measure == .accuracy ? "Accuracy" : "Loss") of "
                + runs.map(\.name).joined(separator: ", "),
            xTitle: "training samples seen",
            yTitle: measure == .accuracy ? "share correctly classified" : "mean cross-entropy, nats",
            series: lines.enumerated().map { index, line in
                // Of each run training, then test.
                Chart.Series(
                    name: line.name + Self.note(line.points), style: index % 2 == 0 ? .line : .markers,
                    group: index / 2, points: line.points)
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
