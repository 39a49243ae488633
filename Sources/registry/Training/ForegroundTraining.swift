import KernelTypes
import NeuralNetwork
import Store
import Trainer

/// A training in this process, with a person or a cron job waiting for it.
struct ForegroundTraining {
    /// How long a database that does not answer is waited for: a restart, another host that takes over.
    private static let patience = Duration.seconds(120)

    private let claimed: ClaimedRun
    private let request: RunRequest
    private let store: Store
    private let connect: @Sendable () throws -> Store
    private let kernels: KernelSet
    private let threads: Int?

    /// Queues a run and takes it, so that no daemon does.
    init(
        _ request: RunRequest, store: Store, connect: @escaping @Sendable () throws -> Store, kernels: KernelSet,
        threads: Int?
    ) throws {
        self.init(
            try store.start(request, by: Self.executor(threads: threads)), request, store: store, connect: connect,
            kernels: kernels, threads: threads)
    }

    /// Goes on with a run that was claimed already.
    init(
        _ claimed: ClaimedRun, _ request: RunRequest, store: Store, connect: @escaping @Sendable () throws -> Store,
        kernels: KernelSet, threads: Int?
    ) {
        self.claimed = claimed
        self.request = request
        self.store = store
        self.connect = connect
        self.kernels = kernels
        self.threads = threads
    }

    static func executor(threads: Int?) -> Executor {
        Machine.executor(threads: threads ?? TrainingLoop.defaultThreadCount, programVersion: Registry.version)
    }

    /// - Parameters:
    ///   - isQuiet: Whether to print only the new version.
    ///   - reports: Whether to print anything.
    /// - Throws: `Interrupted` when a signal or `registry cancel` ended it; what `RunExecution` throws.
    @discardableResult
    func run(on dataset: StoredDataset, isQuiet: Bool = true, reports: Bool = true) throws -> ModelReference {
        Interruption.watch()
        let data = try TrainingData(of: dataset, from: store)
        let run = claimed.lease.run
        let report = TrainingReport(
            model: request.model, run: run, epochs: request.epochs, epochsBefore: claimed.epochsFinished,
            samplesPerEpoch: data.training.count, parameters: request.parameterCount, isQuiet: isQuiet)
        let execution = RunExecution(
            claimed, kernels: kernels, threads: threads, isRetried: false,
            store: ReconnectingStore(
                patience: Self.patience, isAbandoned: { Interruption.hasCome },
                tell: { Terminal.tell("registry: \($0)") }, connect: connect),
            connect: connect, data: { _ in data })
        let outcome = try execution(stopRequest: { _ in Interruption.hasCome ? .cancel : nil }, report: report.tell)
        guard case .succeeded(let version) = outcome else {
            throw Interrupted(run: run, epochsFinished: report.epochsFinished)
        }
        if reports { report.tellEnd(version) }
        return version
    }
}
