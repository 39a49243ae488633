import NeuralNetwork
import Store

/// Retrains a model as its version in production was trained, and lets the new version take its place where it is shown
/// to be no worse.
package struct Retrainer {
    let store: ReconnectingStore
    let keeper: LeaseKeeper
    let engine: Engine
    let executor: RunExecutor
    let conditions: GateConditions
    let isStopping: @Sendable () -> Bool

    /// - Parameters:
    ///   - store: Waits for a database that is restarted: a night's work must not hang on that.
    ///   - keeper: Renews the leases.
    ///   - executor: What the run's row says of this process.
    ///   - isStopping: Asked after every batch: whether to give the run back, for a later retraining to resume.
    package init(
        store: ReconnectingStore, keeper: LeaseKeeper, engine: Engine, executor: RunExecutor, conditions: GateConditions,
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
            let example = try production ?? store.resolve(ModelReference(model: model))
            // Known before anything is trained.
            let learned = try store.dataset(id: example.datasetID).description.name
            try store.check(conditions, on: try store.dataset(named: learned))
            return try store.beginRetraining(of: model, production: production, repeats: repeats, by: executor) {
                try Self.request(like: example, in: store)
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
            let missed = try production.flatMap { try self.missed(by: $0, onTestOf: candidate) }
            let (summary, decision) = try store { store in
                (
                    try store.summaries(of: [candidate]).decoded(as: VersionSummary.self)[0],
                    try store.gate(candidate, production: production, missed: missed, conditions)
                )
            }
            switch try store({ try $0.decide(retraining, on: candidate, against: production, decision) }) {
            case .productionMoved: continue
            // By this process, too, when an answer was lost.
            case .decidedBefore(let outcome) where outcome != decision.outcome.rawValue:
                return .decidedByAnother(outcome: outcome)
            case .stored, .decidedBefore:
                return .decided(
                    GateReport(
                        candidate: candidate, summary: summary, production: production, conditions: conditions,
                        decision: decision))
            }
        }
    }

    /// The test samples of the candidate that production misses: it is tested again where it was tested on others. Classes
    /// match by name.
    ///
    /// - Returns: `nil` where it was tested on the same.
    private func missed(by production: StoredVersion, onTestOf candidate: StoredVersion) throws -> [Int]? {
        guard production.testSplitID != candidate.testSplitID else { return nil }
        let (images, trained) = try store { store in
            let trained = try TrainedNetwork(of: production, in: store)
            let dataset = try store.dataset(id: candidate.datasetID)
            return (try trained.images(of: dataset, split: .test, from: store), trained)
        }
        let tested = try trained.evaluator(on: engine)(images)
        return images.labels.indices.filter { tested.predictions[$0] != images.labels[$0] }
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
        /// Another process decided first, as `promoted`, `held back` or `not shown`.
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

    /// Whether the gate kept the version in production, as worse or because it could not be shown not to be.
    package var isHeldBack: Bool {
        if case .decided(let report) = outcome { report.decision.outcome != .promoted } else { false }
    }

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
    package let conditions: GateConditions
    package let decision: GateDecision
}
