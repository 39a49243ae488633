import NeuralNetwork
import Store

/// Retrains a model as its version in production was trained, and lets the new version take its place unless it is
/// worse.
package struct Retrainer {
    /// What may replace the version in production.
    package struct Conditions: Sendable {
        /// Below this p value a new version that errs more often is worse.
        let level: Double
        let minimumAccuracy: Double

        package init(level: Double, minimumAccuracy: Double) {
            self.level = level
            self.minimumAccuracy = minimumAccuracy
        }
    }

    let store: ReconnectingStore
    let keeper: LeaseKeeper
    let engine: Engine
    let executor: Executor
    let conditions: Conditions
    let isStopping: @Sendable () -> Bool

    /// - Parameters:
    ///   - store: Waits for a database that is restarted: a night's work must not hang on that.
    ///   - keeper: Renews the leases.
    ///   - executor: What the run's row says of this process.
    ///   - isStopping: Asked after every batch: whether to give the run back, for a later retraining to resume.
    package init(
        store: ReconnectingStore, keeper: LeaseKeeper, engine: Engine, executor: Executor, conditions: Conditions,
        isStopping: @escaping @Sendable () -> Bool
    ) {
        self.store = store
        self.keeper = keeper
        self.engine = engine
        self.executor = executor
        self.conditions = conditions
        self.isStopping = isStopping
    }

    /// Trains and decides; resumes what an earlier call, here or elsewhere, could not finish.
    ///
    /// - Parameter repeats: Whether to train again although that was done tonight.
    /// - Throws: `Interrupted`, `Misfit`, what `RunExecution` or the database throws.
    package func retrain(_ model: String, repeats: Bool) throws -> RetrainingResult {
        let start = try store { store in
            try keeper.connect()
            let production = try Self.production(of: model, in: store)
            return try store.beginRetraining(of: model, production: production, repeats: repeats, by: executor) {
                try Self.request(like: try production ?? store.resolve(ModelReference(model: model)), in: store)
            }
        }
        let retraining: Retraining
        switch start {
        case .busy(let run): return RetrainingResult(model: model, outcome: .busy(run: run))
        case .doneTonight(let run, let outcome):
            return RetrainingResult(model: model, outcome: .doneTonight(run: run, outcome: outcome))
        case .trained(let trained): retraining = trained
        case .claimed(let begun, let run):
            try train(begun, run)
            retraining = begun
        }
        return RetrainingResult(
            model: model, outcome: try decide(retraining), isOfAnEarlierNight: retraining.isOfAnEarlierNight)
    }

    private func train(_ retraining: Retraining, _ run: ClaimedRun) throws {
        let execution = RunExecution(run, in: RunEnvironment(engine: engine, store: store, keeper: keeper))
        var epochsFinished = run.epochsFinished
        do {
            let outcome = try execution(
                stopRequest: { _ in isStopping() ? .release : nil },
                report: { event in if case .epoch(let record) = event { epochsFinished = record.epoch } })
            guard case .succeeded = outcome else {
                throw Interrupted(
                    run: run.lease.run, epochsFinished: epochsFinished, isReleased: outcome == .released)
            }
        } catch let diverged as Diverged {
            try store { try $0.fail(retraining, reason: diverged.reason) }
            throw diverged
        }
    }

    /// The version that a retraining repeats: the one in production, else the newest.
    ///
    /// - Throws: `NotFound`.
    package static func predecessor(of model: String, in store: Store) throws -> StoredVersion {
        try production(of: model, in: store) ?? store.resolve(ModelReference(model: model))
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
        _ = try version.weights()
        guard version.origin == .trained else { throw NotTrainedHere(version: version.reference) }
        let learned = try store.dataset(id: version.datasetID).description
        let dataset = try store.dataset(named: learned.name)
        var configuration = try RunConfiguration(json: version.configuration, isToBeTrained: true)
        configuration.training.seed = try store.unusedSeed(of: version.model)
        if configuration.training.standardization != nil {
            configuration.training.standardization = dataset.description.standardization
        }
        let architecture = configuration.architecture
        try architecture.checkFits(dataset.description)
        _ = try dataset.places(among: learned, of: version.reference, network: architecture.name)
        try configuration.checkMemory(on: dataset.sampleCounts, available: Memory.available)
        return RunRequest(
            model: version.model, datasetID: dataset.id, configuration: try configuration.json(),
            parameterCount: architecture.parameterCount, multiplyAdds: architecture.multiplyAdds,
            epochs: configuration.training.epochs)
    }

    /// Compares with what is in production now, again when that has moved meanwhile.
    private func decide(_ retraining: Retraining) throws -> RetrainingResult.Outcome {
        while true {
            let (candidate, production) = try store { store in
                guard let candidate = try store.version(ofRun: retraining.run) else {
                    throw RunStateError.unknown(run: retraining.run)
                }
                return (candidate, try Self.production(of: candidate.model, in: store))
            }
            let agreement = try production.map { try self.agreement(of: $0, and: candidate) }
            let summary = try store { try $0.summaries(of: [candidate]).decoded(as: VersionSummary.self)[0] }
            let decision = try store {
                try $0.gate(
                    onlyOldCorrect: agreement?.onlyOldCorrect ?? 0, onlyNewCorrect: agreement?.onlyNewCorrect ?? 0,
                    newAccuracy: summary.testAccuracy, level: conditions.level,
                    minimumAccuracy: conditions.minimumAccuracy)
            }
            switch try store({ try $0.decide(retraining, on: candidate, against: production, decision) }) {
            case .productionMoved: continue
            // By this process, too, when an answer was lost.
            case .decidedBefore(let outcome) where outcome != (decision.passes ? "promoted" : "held back"):
                return .decidedByAnother(outcome: outcome)
            case .stored, .decidedBefore:
                return .decided(
                    GateReport(
                        candidate: candidate, summary: summary, production: production, agreement: agreement,
                        decision: decision))
            }
        }
    }

    /// The version in production is tested again where it was tested on other samples. Classes match by name.
    private func agreement(of production: StoredVersion, and candidate: StoredVersion) throws -> Agreement {
        if let known = try store({ try $0.agreement(of: production, and: candidate) }) { return known }
        let (images, trained, missed) = try store { store in
            let trained = try TrainedNetwork(of: production, in: store)
            let dataset = try store.dataset(id: candidate.datasetID)
            return (
                try trained.images(of: dataset, split: .test, from: store), trained,
                try store.missedIndices(of: candidate)
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
}

/// A version that cannot be trained as it was: how that was is not known.
package struct NotTrainedHere: Error, Sendable, CustomStringConvertible {
    package let version: ModelReference

    package var description: String { "\(version) was not trained here: its weights were imported." }
}

/// What came of a retraining.
package struct RetrainingResult: Sendable {
    package enum Outcome: Sendable {
        /// The new version was promoted, or held back.
        case decided(GateReport)
        /// Another process decided first, as `promoted` or `held back`.
        case decidedByAnother(outcome: String)
        /// Nothing was done: this night's is over.
        case doneTonight(run: Int, outcome: String)
        /// Nothing was done: another process trains the run.
        case busy(run: Int)
    }

    package let model: String
    package let outcome: Outcome
    /// Whether it was one that an earlier night left unfinished: then tonight's is still to be done.
    package let isOfAnEarlierNight: Bool

    /// Whether this call came to a decision, rather than found one.
    package var isDecidedHere: Bool { if case .decided = outcome { true } else { false } }

    package var isBusy: Bool { if case .busy = outcome { true } else { false } }

    package var isHeldBack: Bool { if case .decided(let report) = outcome { !report.decision.passes } else { false } }

    init(model: String, outcome: Outcome, isOfAnEarlierNight: Bool = false) {
        self.model = model
        self.outcome = outcome
        self.isOfAnEarlierNight = isOfAnEarlierNight
    }
}

/// A new version, and what the gate decided of it.
package struct GateReport: Sendable {
    package let candidate: StoredVersion
    /// Of the candidate.
    package let summary: VersionSummary
    /// The version that was in production; `nil` where none was.
    package let production: StoredVersion?
    /// Of both, on the candidate's test samples.
    package let agreement: Agreement?
    package let decision: GateDecision
}
