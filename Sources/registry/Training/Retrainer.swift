import KernelTypes
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

    let store: Store
    let connect: @Sendable () throws -> Store
    let kernels: KernelSet
    let threads: Int?
    let conditions: Conditions

    /// Prints the report of one model.
    ///
    /// - Parameter repeats: Whether to train again although that was done today.
    func retrain(_ model: String, repeats: Bool) throws -> Outcome {
        let production = try productionVersion(of: model)
        let pattern = try production ?? store.resolve(ModelReference(model: model))
        let dataset = try newestDataset(of: pattern)
        let start = try store.beginRetraining(
            of: model, production: production, repeats: repeats, by: ForegroundTraining.executor(threads: threads)
        ) {
            try request(like: pattern, on: dataset)
        }
        switch start {
        case .busy(let run):
            Terminal.tell("registry: Run \(run) is retraining \(model) already. See: registry jobs")
            return .busy
        case .doneToday(let run, let outcome):
            Terminal.write("retrain \(model): done today by run \(run), \(outcome). To do it again: --force\n")
            return .done
        case .trained(let retraining):
            return try decide(retraining, model: model, production: production)
        case .claimed(let retraining, let run):
            do {
                try ForegroundTraining(
                    run, try request(like: pattern, on: dataset), store: store, connect: connect, kernels: kernels,
                    threads: threads
                ).run(on: try store.dataset(id: run.datasetID), reports: false)
            } catch let diverged as Diverged {
                try store.fail(retraining, reason: diverged.reason)
                throw diverged
            }
            return try decide(retraining, model: model, production: production)
        }
    }

    private func productionVersion(of model: String) throws -> StoredVersion? {
        do {
            return try store.resolve(ModelReference(model: model, selector: .alias("production")))
        } catch NotFound.modelVersion {
            return nil
        }
    }

    private func newestDataset(of version: StoredVersion) throws -> StoredDataset {
        try store.dataset(named: try store.dataset(id: version.datasetID).description.name)
    }

    /// The same training with a seed that no run of the model had; on a changed data set, standardised by its moments.
    private func request(like version: StoredVersion, on dataset: StoredDataset) throws -> RunRequest {
        var configuration = try RunConfiguration(json: version.configuration)
        configuration.training.seed = UInt64(try store.greatestSeed(of: version.model) + 1)
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

    private func decide(_ retraining: Retraining, model: String, production: StoredVersion?) throws -> Outcome {
        guard let candidate = try store.version(ofRun: retraining.run) else {
            throw RunStateError.unknown(run: retraining.run)
        }
        let missed = try store.missedIndices(of: candidate)
        let missedBefore = try production.map { try missedIndices(of: $0, onTestOf: candidate) }
        let summary = try store.summaries(of: [candidate])[0]
        let accuracy: Double = try summary["test_accuracy"]
        let decision = try store.gate(
            onlyOldCorrect: missedBefore.map { missed.subtracting($0).count } ?? 0,
            onlyNewCorrect: missedBefore.map { $0.subtracting(missed).count } ?? 0, newAccuracy: accuracy,
            level: conditions.level, minimumAccuracy: conditions.minimumAccuracy)
        try store.decide(retraining, on: candidate, decision)
        try tell(candidate, summary, against: production, missed: missed, missedBefore: missedBefore, decision)
        return decision.passes ? .promoted : .heldBack
    }

    /// The test samples that a version misses; it is tested anew where it was tested on others.
    private func missedIndices(of version: StoredVersion, onTestOf candidate: StoredVersion) throws -> Set<Int> {
        guard version.datasetID != candidate.datasetID else { return try store.missedIndices(of: version) }
        let images = try TrainingData.images(
            of: try store.dataset(id: candidate.datasetID), split: .test, from: store
        ).images
        let configuration = try RunConfiguration(json: version.configuration)
        let network = try Network(configuration.architecture, seed: 0)
        try network.load(Safetensors.decode(try store.artifact(version.weightsDigest)).tensors)
        let tested = try TrainingLoop(
            network: network, images: images, configuration: configuration.training, threads: threads, kernels: kernels
        ).evaluate(images)
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
            ["McNemar's test", missedBefore == nil ? "–" : "exact p = \(Quantity.probability(decision.p))"],
            ["gate", decision.reason],
            ["result", result],
        ]
        Terminal.write(Table.aligned(lines, isRight: [false, false]))
    }
}
