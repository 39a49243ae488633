import NeuralNetwork
import Store
import Trainer

/// A training in this process, with a person or a cron job waiting for it.
struct ForegroundTraining {
    /// How long a database that does not answer is waited for: a restart, another host that takes over.
    private static let patience = Duration.seconds(120)

    private let model: String
    private let claimed: ClaimedRun
    private let keeper: LeaseKeeper
    private let connect: @Sendable () throws -> Store
    private let engine: Engine

    /// - Parameters:
    ///   - model: The model's name.
    ///   - claimed: A run that this process has taken.
    ///   - keeper: Renews its lease.
    init(
        of model: String, _ claimed: ClaimedRun, keeper: LeaseKeeper,
        connect: @escaping @Sendable () throws -> Store, engine: Engine
    ) {
        self.model = model
        self.claimed = claimed
        self.keeper = keeper
        self.connect = connect
        self.engine = engine
    }

    static func executor(_ engine: Engine) -> RunExecutor {
        Machine.executor(threads: engine.threads, programVersion: Registry.version)
    }

    /// A database that is waited for when it is restarted, or another host takes over.
    static func store(connect: @escaping () throws -> Store) -> ReconnectingStore {
        ReconnectingStore(
            patience: patience, isAbandoned: { Interruption.hasCome }, tell: { Terminal.tell("registry: \($0)") },
            connect: connect)
    }

    /// - Parameters:
    ///   - dataset: The run's.
    ///   - isQuiet: Whether to print only the new version.
    ///   - isForProgram: Whether to leave standard output to what the caller prints.
    /// - Throws: `Interrupted` when a signal or `registry cancel` ended it; what `RunExecution` throws.
    func run(on dataset: StoredDataset, isQuiet: Bool, isForProgram: Bool) throws -> ModelReference {
        let run = claimed.lease.run
        let store = Self.store(connect: connect)
        let configuration: RunConfiguration
        do {
            configuration = try RunConfiguration(json: claimed.configuration)
        } catch {
            try store { try $0.end(claimed.lease, as: .failed(error.line)) }
            throw error
        }
        let report = TrainingReport(
            model: model, run: run, epochs: configuration.training.epochs, epochsBefore: claimed.epochsFinished,
            samplesPerEpoch: dataset.trainingSamples, parameters: configuration.architecture.parameterCount,
            isQuiet: isQuiet, isForProgram: isForProgram)
        let execution = RunExecution(claimed, in: RunEnvironment(engine: engine, store: store, keeper: keeper))
        let outcome = try execution(
            stopRequest: { _ in Interruption.hasCome ? .cancel : nil }, report: report.tell)
        guard case .succeeded(let version) = outcome else {
            throw Interrupted(run: run, epochsFinished: report.epochsFinished, isReleased: outcome == .released)
        }
        try report.tellEnd(version)
        return version
    }
}
