import Reporting
import Store
import Trainer

extension GateReport {
    /// Ten lines, for a mail: each a name and what there is to say.
    public var lines: [[String]] {
        func shown(_ accuracy: Double) -> String { Quantity.decimal(accuracy, places: 4) }
        let comparison = agreement.map { agreement in
            "\(Quantity.count(agreement.onlyOldCorrect)) only right before, "
                + "\(Quantity.count(agreement.onlyNewCorrect)) only right now"
        }
        let result =
            decision.passes
            ? "\(candidate.reference) is now in production"
            : "held back: \(production.map { "\($0.reference) stays" } ?? "nothing is") in production"
        return [
            ["retrain \(candidate.model)", decision.passes ? "done" : "HELD BACK"],
            [
                "data set",
                "\(summary.dataset)@\(summary.datasetVersion), \(Quantity.count(summary.testSamples)) test samples",
            ],
            ["production before", production.map { "\($0.reference)" } ?? "none"],
            ["candidate", "\(candidate.reference), run \(candidate.run), \(summary.epochs) epochs"],
            ["accuracy before", agreement.map { shown($0.oldAccuracy) } ?? "–"],
            ["accuracy now", shown(summary.testAccuracy)],
            ["test samples", comparison ?? "–"],
            ["McNemar's test", agreement == nil ? "–" : Quantity.probability(decision.p, named: "exact p")],
            ["gate", decision.reason],
            ["result", result],
        ]
    }
}
