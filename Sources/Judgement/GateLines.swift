import Reporting
import Store
import Trainer

extension GateReport {
    /// About ten lines, for a mail: each a name and what there is to say.
    package var lines: [[String]] {
        func shown(_ accuracy: Double) -> String { Quantity.decimal(accuracy, places: 4) }
        let compared = decision.check("production")
        let comparison = compared?.flips.map { flips in
            "\(Quantity.count(flips.broken)) broken, \(Quantity.count(flips.mended)) mended"
        }
        let (title, result) =
            switch decision.outcome {
            case .promoted: ("done", "\(candidate.reference) is now in production")
            case .heldBack: ("HELD BACK", "held back: \(staying)")
            case .notShown: ("NOT SHOWN", "not shown to be no worse: \(staying)")
            }
        let best = decision.check("best").map { ["loss to \($0.subject), the best", lossText($0)] }
        return [
            ["retrain \(candidate.model)", title],
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
            ["accuracy before", compared?.accuracyBefore.map(shown) ?? "–"],
            ["accuracy now", shown(summary.testAccuracy)],
            ["test samples", comparison ?? "–"],
            ["loss of accuracy", compared.map(lossText) ?? "–"],
        ] + [best].compactMap(\.self) + [["gate", decision.reason], ["result", result]]
    }

    private var staying: String { "\(production.map { "\($0.reference) stays" } ?? "nothing is") in production" }

    private func lossText(_ check: GateCheck) -> String {
        guard let loss = check.loss else { return "–" }
        func shown(_ value: Double) -> String { Quantity.decimal(value, places: 4) }
        return
            "\(shown(loss.value)), \(Quantity.number(100 * (1 - conditions.level))) % interval \(shown(loss.lower)) to "
            + "\(shown(loss.upper)), margin \(Quantity.number(conditions.margin))"
    }
}

extension Table {
    /// A row for each retraining, for programs: what is not known or not meant is null.
    package init(_ results: [RetrainingResult]) {
        self.init(
            keys: [
                "model", "outcome", "is_new", "run", "version", "production_version", "dataset", "dataset_version",
                "test_samples", "accuracy_before", "accuracy", "broken", "mended", "loss", "loss_lower", "loss_upper",
                "margin", "best", "best_loss", "best_loss_lower", "best_loss_upper", "more_samples", "reason",
            ],
            rows: results.map(\.row))
    }
}

extension RetrainingResult {
    fileprivate var row: [JSONValue] {
        func unjudged(_ outcome: String, run: Int?) -> [JSONValue] {
            [.string(model), .string(outcome), .boolean(false), run.map(JSONValue.integer) ?? .null]
                + Array(repeating: .null, count: 19)
        }
        switch outcome {
        case .busy(let run): return unjudged("in training", run: run)
        case .doneTonight(let run, let outcome): return unjudged(outcome, run: run)
        case .decidedByAnother(let outcome): return unjudged(outcome, run: nil)
        case .decided(let report):
            func loss(_ check: GateCheck?) -> [JSONValue] {
                let loss = check?.loss
                return [loss?.value, loss?.lower, loss?.upper].map { $0.map(JSONValue.number) ?? .null }
            }
            let decision = report.decision
            let (compared, best) = (decision.check("production"), decision.check("best"))
            return [
                .string(model), .string(decision.outcome.rawValue), .boolean(true),
                .integer(report.candidate.run), .integer(report.candidate.number),
                report.production.map { .integer($0.number) } ?? .null,
                .string(report.summary.dataset), .integer(report.summary.datasetVersion),
                .integer(report.summary.testSamples), compared?.accuracyBefore.map(JSONValue.number) ?? .null,
                .number(report.summary.testAccuracy), compared?.flips.map { .integer($0.broken) } ?? .null,
                compared?.flips.map { .integer($0.mended) } ?? .null,
            ] + loss(compared) + [.number(report.conditions.margin), best.map { .string($0.subject) } ?? .null]
                + loss(best) + [
                    decision.checks.compactMap(\.moreSamples).max().map(JSONValue.integer) ?? .null,
                    .string(decision.reason),
                ]
        }
    }
}
