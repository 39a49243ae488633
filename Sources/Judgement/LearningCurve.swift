import Reporting
import Store

/// What a learning curve shows.
public enum LearningMeasure {
    case loss, accuracy
}

/// What there is no curve of.
public struct NoEpochs: Error, Sendable, CustomStringConvertible {
    /// `mlp@3`, or `mlp, run 12`.
    public let name: String

    public init(name: String) {
        self.name = name
    }

    public var description: String { "\(name) has no epochs: its predictions were imported." }
}

/// Training and test of runs against the samples seen: the training loss of every hundredth batch, all else epoch by
/// epoch.
public struct LearningCurve {
    public let chart: Chart

    public init(of runs: [(name: String, number: Int)], _ measure: LearningMeasure, in store: Store) throws {
        let series = try runs.enumerated().flatMap { group, run in
            let epochs: [EpochResult] = try store.epochs(ofRun: run.number).decoded()
            func points(_ value: (EpochResult) -> Double) -> [Chart.Point] {
                epochs.map { Chart.Point(x: Double($0.samplesSeen), y: value($0)) }
            }
            let training =
                switch measure {
                case .loss:
                    try store.lossCurve(ofRun: run.number).decoded(as: LossPoint.self)
                        .map { Chart.Point(x: Double($0.samplesSeen), y: $0.loss) }
                case .accuracy: points(\.trainingAccuracy)
                }
            return [
                Chart.Series(
                    name: "\(run.name) training\(measure == .accuracy ? " (mean of each epoch)" : "")",
                    style: .line, group: group, points: training),
                Chart.Series(
                    name: "\(run.name) test", style: .markers, group: group,
                    points: points(measure == .accuracy ? \.testAccuracy : \.testLoss)),
            ]
        }
        chart = Chart(
            title: "\(measure == .accuracy ? "Accuracy" : "Loss") of "
                + runs.map(\.name).joined(separator: ", "),
            xTitle: "training samples seen",
            yTitle: measure == .accuracy ? "share correctly classified" : "mean cross-entropy, nats", series: series)
    }

    /// One row per point.
    public var table: Table {
        Table(
            keys: ["series", "samples_seen", "value"],
            rows: chart.series.flatMap { series in
                series.points.map { [.string(series.name), .integer(Int($0.x)), .number($0.y)] }
            })
    }
}
