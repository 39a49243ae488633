import PostgreSQL
import Reporting
import Store

/// What a learning curve shows.
enum LearningMeasure {
    case loss, accuracy
}

/// Training and test of each version against the samples seen: the training loss of every hundredth batch, all else epoch
/// by epoch.
func learningCurve(of versions: [StoredVersion], _ measure: LearningMeasure, in store: Store) throws -> Chart {
    func points(_ rows: Rows, _ column: String) throws -> [Chart.Point] {
        try rows.map { Chart.Point(x: Double(try $0["samples_seen"] as Int), y: try $0[column]) }
    }
    let series = try versions.enumerated().flatMap { group, version in
        let epochs = try store.epochs(ofRun: version.run)
        let training =
            switch measure {
            case .loss: try points(try store.lossCurve(of: version), "loss")
            case .accuracy: try points(epochs, "training_accuracy")
            }
        return [
            Chart.Series(
                name: "\(version.reference) training\(measure == .accuracy ? " (mean of each epoch)" : "")",
                style: .line, group: group, points: training),
            Chart.Series(
                name: "\(version.reference) test", style: .markers, group: group,
                points: try points(epochs, measure == .accuracy ? "test_accuracy" : "test_loss")),
        ]
    }
    return Chart(
        title: "\(measure == .accuracy ? "Accuracy" : "Loss") of "
            + versions.map { "\($0.reference)" }.joined(separator: ", "),
        xTitle: "training samples seen",
        yTitle: measure == .accuracy ? "share classified rightly" : "mean cross-entropy, nats", series: series)
}
