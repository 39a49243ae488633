import Reporting
import Store
import Trainer

extension GateReport {
    /// Ten lines, for a mail: each a name and what there is to say.
    package var lines: [[String]] {
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
                "\(summary.dataset)@\(summary.datasetVersion), \(Quantity.count(summary.testSamples, "test sample"))",
            ],
            ["production before", production.map { "\($0.reference)" } ?? "none"],
            [
                "candidate",
                "\(candidate.reference), run \(candidate.run)"
                    + (summary.epochs.map { ", \(Quantity.count($0, "epoch"))" } ?? ""),
            ],
            ["accuracy before", agreement.map { shown($0.oldAccuracy) } ?? "–"],
            ["accuracy now", shown(summary.testAccuracy)],
            ["test samples", comparison ?? "–"],
            ["McNemar's test", agreement == nil ? "–" : Quantity.probability(decision.p, named: "exact p")],
            ["gate", decision.reason],
            ["result", result],
        ]
    }
}

extension Table {
    /// A row for each retraining, for programs: what is not known or not meant is null.
    package init(_ results: [RetrainingResult]) {
        self.init(
            keys: [
                "model", "outcome", "is_new", "run", "version", "production_version", "dataset", "dataset_version",
                "test_samples", "accuracy_before", "accuracy", "only_right_before", "only_right_now", "exact_p",
                "reason",
            ],
            rows: results.map(\.row))
    }
}

extension RetrainingResult {
    fileprivate var row: [JSONValue] {
        func unjudged(_ outcome: String, run: Int?) -> [JSONValue] {
            [.string(model), .string(outcome), .boolean(false), run.map(JSONValue.integer) ?? .null]
                + Array(repeating: .null, count: 11)
        }
        switch outcome {
        case .busy(let run): return unjudged("in training", run: run)
        case .doneTonight(let run, let outcome): return unjudged(outcome, run: run)
        case .decidedByAnother(let outcome): return unjudged(outcome, run: nil)
        case .decided(let report):
            let agreement = report.agreement
            return [
                .string(model), .string(report.decision.passes ? "promoted" : "held back"), .boolean(true),
                .integer(report.candidate.run), .integer(report.candidate.number),
                report.production.map { .integer($0.number) } ?? .null,
                .string(report.summary.dataset), .integer(report.summary.datasetVersion),
                .integer(report.summary.testSamples), agreement.map { .number($0.oldAccuracy) } ?? .null,
                .number(report.summary.testAccuracy), agreement.map { .integer($0.onlyOldCorrect) } ?? .null,
                agreement.map { .integer($0.onlyNewCorrect) } ?? .null,
                agreement == nil ? .null : .number(report.decision.p), .string(report.decision.reason),
            ]
        }
    }
}
