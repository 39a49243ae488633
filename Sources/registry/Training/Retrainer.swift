import NeuralNetwork
import PostgreSQL
import Reporting
import Store
import Trainer

/// Trains a model anew, as its version in production was trained, and lets the new version take its place unless it is
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
            let missed = try store { try $0.missedIndices(of: candidate) }
            let missedBefore = try production.map { try missedIndices(of: $0, onTestOf: candidate) }
            let summary = try store { try $0.summaries(of: [candidate]) }[0]
            let accuracy: Double = try summary["test_accuracy"]
            let decision = try store {
                try $0.gate(
                    onlyOldCorrect: missedBefore.map { missed.subtracting($0).count } ?? 0,
                    onlyNewCorrect: missedBefore.map { $0.subtracting(missed).count } ?? 0, newAccuracy: accuracy,
                    level: conditions.level, minimumAccuracy: conditions.minimumAccuracy)
            }
            let outcome = decision.passes ? Outcome.promoted : .heldBack
            switch try store({ try $0.decide(retraining, on: candidate, against: production, decision) }) {
            case .productionMoved: continue
            // By this process, too, when an answer was lost.
            case .decidedBefore(let before) where before != (decision.passes ? "promoted" : "held back"):
                try Terminal.write("retrain \(candidate.model): \(before) by another process\n")
                return .done
            case .stored, .decidedBefore:
                try tell(
                    candidate, summary, against: production, missed: missed, missedBefore: missedBefore, decision)
                return outcome
            }
        }
    }

    /// The test samples that a version misses; it is tested anew where it was tested on others.
    private func missedIndices(of version: StoredVersion, onTestOf candidate: StoredVersion) throws -> Set<Int> {
        guard version.testSplitID != candidate.testSplitID else {
            return try store { try $0.missedIndices(of: version) }
        }
        let (images, trained) = try store { store in
            let dataset = try store.dataset(id: candidate.datasetID)
            return (
                try TrainingData.images(of: dataset, split: .test, from: store).images,
                try TrainedNetwork(of: version, in: store)
            )
        }
        let tested = try trained.evaluator(on: engine)(images)
        return Set(images.labels.indices.filter { tested.predictions[$0] != images.labels[$0] })
    }

    /// Ten lines, for a mail.
    private func tell(
        _ candidate: StoredVersion, _ row: Row, against production: StoredVersion?, missed: Set<Int>,
        missedBefore: Set<Int>?, _ decision: GateDecision
    ) throws {
        let samples: Int = try row["test_samples"]
        func accuracy(_ missed: Set<Int>?) -> String {
            guard let missed else { return "–" }
            return Quantity.decimal(1 - Double(missed.count) / Double(samples), places: 4)
        }
        let (dataset, version): (String, Int) = (try row["dataset"], try row["dataset_version"])
        let comparison = missedBefore.map { before in
            "\(Quantity.count(missed.subtracting(before).count)) only right before, "
                + "\(Quantity.count(before.subtracting(missed).count)) only right now"
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
            ["accuracy before", accuracy(missedBefore)],
            ["accuracy now", accuracy(missed)],
            ["test samples", comparison ?? "–"],
            ["McNemar's test", missedBefore == nil ? "–" : Quantity.probability(decision.p, named: "exact p")],
            ["gate", decision.reason],
            ["result", result],
        ]
        try Terminal.write(Table.facts(lines, on: .terminal))
    }
}
