import PostgreSQL
import Reporting
import Store

/// What a learning curve shows.
enum LearningMeasure {
    case loss, accuracy
}

/// Training and test of each run against the samples seen: the training loss of every hundredth batch, all else epoch
/// by epoch.
func learningCurve(of runs: [(name: String, number: Int)], _ measure: LearningMeasure, in store: Store) throws -> Chart
{
    func points(_ rows: Rows, _ column: String) throws -> [Chart.Point] {
        try rows.map { Chart.Point(x: Double(try $0["samples_seen"] as Int), y: try $0[column]) }
    }
    let series = try runs.enumerated().flatMap { group, run in
        let epochs = try store.epochs(ofRun: run.number)
        let training =
            switch measure {
            case .loss: try points(try store.lossCurve(ofRun: run.number), "loss")
            case .accuracy: try points(epochs, "training_accuracy")
            }
        return [
            Chart.Series(
                name: "\(run.name) training\(measure == .accuracy ? " (mean of each epoch)" : "")",
                style: .line, group: group, points: training),
            Chart.Series(
                name: "\(run.name) test", style: .markers, group: group,
                points: try points(epochs, measure == .accuracy ? "test_accuracy" : "test_loss")),
        ]
    }
    return Chart(
        title: "\(measure == .accuracy ? "Accuracy" : "Loss") of "
            + runs.map(\.name).joined(separator: ", "),
        xTitle: "training samples seen",
        yTitle: measure == .accuracy ? "share classified rightly" : "mean cross-entropy, nats", series: series)
}
