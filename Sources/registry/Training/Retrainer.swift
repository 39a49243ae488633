import NeuralNetwork
import PostgreSQL
import Reporting
import Store
import Trainer

/// Retrains a model as its version in production was trained, and lets the new version take its place unless it is
/// worse.
struct Retrainer {
    /// What may replace the version in production.
    struct Conditions {
        /// Below this p value a new version that errs more often is worse.
        let level: Double
        let minimumAccuracy: Double
    }

    enum Outcome {
        case promoted, heldBack, done, busy
    }

    /// Waits for a database that is restarted: a night's work must not hang on that.
    let store: ReconnectingStore
    let connect: @Sendable () throws -> Store
    let engine: Engine
    let conditions: Conditions

    /// Prints the report of one model; of two trainings when one of an earlier night had to be ended first.
    ///
    /// - Parameter repeats: Whether to train again although that was done tonight.
    func retrain(_ model: String, repeats: Bool) throws -> Outcome {
        while true {
            let start = try store { store in
                let production = try Self.production(of: model, in: store)
                return try store.beginRetraining(
                    of: model, production: production, repeats: repeats,
                    by: ForegroundTraining.executor(engine)
                ) {
                    try Self.request(
                        like: try production ?? store.resolve(ModelReference(model: model)), in: store)
                }
            }
            let retraining: Retraining
            switch start {
            case .busy(let run):
                Terminal.tell("registry: Run \(run) is retraining \(model) already. See: registry jobs")
                return .busy
            case .doneTonight(let run, let outcome):
                try Terminal.write(
                    "retrain \(model): done tonight by run \(run), \(outcome). To do it again: --force\n")
                return .done
            case .trained(let trained): retraining = trained
            case .claimed(let begun, let run):
                try train(model, begun, run)
                retraining = begun
            }
            let outcome = try decide(retraining)
            if !retraining.isOfAnEarlierNight { return outcome }
            try Terminal.write("\n")
        }
    }

    private func train(_ model: String, _ retraining: Retraining, _ run: ClaimedRun) throws {
        let dataset = try store { try $0.dataset(id: run.datasetID) }
        do {
            try ForegroundTraining(of: model, run, connect: connect, engine: engine)
                .run(on: dataset, reports: false, interruption: .release)
        } catch let diverged as Diverged {
            try store { try $0.fail(retraining, reason: diverged.reason) }
            throw diverged
        }
    }

    private static func production(of model: String, in store: Store) throws -> StoredVersion? {
        do {
            return try store.resolve(ModelReference(model: model, selector: .alias("production")))
        } catch NotFound.modelVersion {
            return nil
        }
    }

    /// The same training with a seed that no run of the model had, on the newest version of its data set; on a changed
    /// one, standardised by its moments.
    private static func request(like version: StoredVersion, in store: Store) throws -> RunRequest {
        let dataset = try store.dataset(named: try store.dataset(id: version.datasetID).description.name)
        var configuration = try RunConfiguration(json: version.configuration)
        configuration.training.seed = try store.unusedSeed(of: version.model)
        if configuration.training.standardization != nil {
            configuration.training.standardization = Standardization(
                mean: dataset.description.trainingMean,
                standardDeviation: dataset.description.trainingStandardDeviation)
        }
        let architecture = configuration.architecture
        try architecture.checkFits(dataset.description)
        return RunRequest(
            model: version.model, datasetID: dataset.id, configuration: try configuration.json(),
            parameterCount: architecture.parameterCount, multiplyAdds: architecture.multiplyAdds,
            epochs: configuration.training.epochs)
    }

    /// Compares with what is in production now, again when that has moved meanwhile.
    private func decide(_ retraining: Retraining) throws -> Outcome {
        while true {
            let (candidate, production) = try store { store in
                guard let candidate = try store.version(ofRun: retraining.run) else {
                    throw RunStateError.unknown(run: retraining.run)
                }
                return (candidate, try Self.production(of: candidate.model, in: store))
            }
            let agreement = try production.map { try self.agreement(of: $0, and: candidate) }
            let summary = try store { try $0.summaries(of: [candidate]) }[0]
            let accuracy: Double = try summary["test_accuracy"]
            let decision = try store {
                try $0.gate(
                    onlyOldCorrect: agreement?.onlyOldCorrect ?? 0, onlyNewCorrect: agreement?.onlyNewCorrect ?? 0,
                    newAccuracy: accuracy, level: conditions.level, minimumAccuracy: conditions.minimumAccuracy)
            }
            let outcome = decision.passes ? Outcome.promoted : .heldBack
            switch try store({ try $0.decide(retraining, on: candidate, against: production, decision) }) {
            case .productionMoved: continue
            // By this process, too, when an answer was lost.
            case .decidedBefore(let before) where before != (decision.passes ? "promoted" : "held back"):
                try Terminal.write("retrain \(candidate.model): \(before) by another process\n")
                return .done
            case .stored, .decidedBefore:
                try tell(candidate, summary, against: production, agreement, decision)
                return outcome
            }
        }
    }

    /// The version in production is tested again where it was tested on other samples.
    private func agreement(of production: StoredVersion, and candidate: StoredVersion) throws -> Agreement {
        if let known = try store({ try $0.agreement(of: production, and: candidate) }) { return known }
        let (images, trained, missed) = try store { store in
            let dataset = try store.dataset(id: candidate.datasetID)
            return (
                try TrainingData.images(of: dataset, split: .test, from: store).images,
                try TrainedNetwork(of: production, in: store), try store.missedIndices(of: candidate)
            )
        }
        let tested = try trained.evaluator(on: engine)(images)
        let missedBefore = Set(images.labels.indices.filter { tested.predictions[$0] != images.labels[$0] })
        return Agreement(
            bothCorrect: images.labels.count - missed.union(missedBefore).count,
            onlyOldCorrect: missed.subtracting(missedBefore).count,
            onlyNewCorrect: missedBefore.subtracting(missed).count,
            neitherCorrect: missed.intersection(missedBefore).count)
    }

    /// Ten lines, for a mail.
    private func tell(
        _ candidate: StoredVersion, _ row: Row, against production: StoredVersion?, _ agreement: Agreement?,
        _ decision: GateDecision
    ) throws {
        let samples: Int = try row["test_samples"]
        func shown(_ accuracy: Double) -> String { Quantity.decimal(accuracy, places: 4) }
        let (dataset, version): (String, Int) = (try row["dataset"], try row["dataset_version"])
        let comparison = agreement.map { agreement in
            "\(Quantity.count(agreement.onlyOldCorrect)) only right before, "
                + "\(Quantity.count(agreement.onlyNewCorrect)) only right now"
        }
        let result =
            decision.passes
            ? "\(candidate.reference) is now in production"
            : "held back: \(production.map { "\($0.reference) stays" } ?? "nothing is") in production"
        let lines = [
            ["retrain \(candidate.model)", decision.passes ? "done" : "HELD BACK"],
            ["data set", "\(dataset)@\(version), \(Quantity.count(samples)) test samples"],
            ["production before", production.map { "\($0.reference)" } ?? "none"],
            ["candidate", "\(candidate.reference), run \(candidate.run), \(try row["epochs"] as Int) epochs"],
            ["accuracy before", agreement.map { shown($0.oldAccuracy) } ?? "–"],
            ["accuracy now", shown(try row["test_accuracy"])],
            ["test samples", comparison ?? "–"],
            ["McNemar's test", agreement == nil ? "–" : Quantity.probability(decision.p, named: "exact p")],
            ["gate", decision.reason],
            ["result", result],
        ]
        try Terminal.write(Table.facts(lines, on: .terminal))
    }
}
