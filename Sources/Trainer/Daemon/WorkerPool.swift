import Logging
import NeuralNetwork
import PostgreSQL
import ServiceLifecycle
import Store

/// Trains what is queued, with several workers side by side, until the process is asked to stop.
package struct WorkerPool: Service {
    /// How often an idle worker looks at the queue, unless it is notified of a new run.
    private static let pollingInterval = Duration.seconds(2)

    let workers: Int
    let engine: Engine
    let endsWhenIdle: Bool
    let programVersion: String
    let logger: Logger
    let shutdown: Shutdown
    let connect: @Sendable () throws -> Store
    private let datasets = DatasetCache()
    private let memory = SharedMemory()

    /// - Parameters:
    ///   - engine: Of each worker.
    ///   - endsWhenIdle: Whether to end as soon as nothing waits any more.
    ///   - shutdown: Requested by others too, to end this.
    ///   - connect: Opens a connection of its own.
    package init(
        workers: Int, engine: Engine, endsWhenIdle: Bool, programVersion: String, logger: Logger,
        shutdown: Shutdown, connect: @escaping @Sendable () throws -> Store
    ) {
        self.workers = workers
        self.engine = engine
        self.endsWhenIdle = endsWhenIdle
        self.programVersion = programVersion
        self.logger = logger
        self.shutdown = shutdown
        self.connect = connect
    }

    package func run() async throws {
        // Each worker's own, its keeper's, the engine's, and some for the rest of the program.
        try OwnThread.check(count: workers * (1 + engine.threads) + 16)
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await withThrowingDiscardingTaskGroup { group in
                for number in 1...workers {
                    group.addTask {
                        try await withCheckedThrowingContinuation { continuation in
                            onThreadOfItsOwn { continuation.resume(with: Result { try work(number) }) }
                        }
                    }
                }
            }
        } onCancelOrGracefulShutdown: {
            shutdown.request()
        }
    }

    private func work(_ number: Int) throws {
        var logger = logger
        logger[metadataKey: "worker"] = "\(number)"
        let executor = Machine.executor(worker: number, threads: engine.threads, programVersion: programVersion)
        let store = ReconnectingStore(
            patience: nil, isAbandoned: { shutdown.isRequested }, tell: { logger.warning("\($0)") },
            connect: {
                let store = try connect()
                try store.connection.listen(to: Store.queueChannel)
                return store
            })
        let keeper = try LeaseKeeper(connect: connect)
        defer { keeper.end() }
        while !shutdown.isRequested {
            do {
                try keeper.connect()
                if let run = try store({ try $0.claim(by: executor) }) {
                    execute(run, store: store, keeper: keeper, logger: logger)
                } else if endsWhenIdle, try store({ try $0.isQueueEmpty() }) {
                    return
                } else {
                    try store { try waitForRuns($0.connection) }
                }
            } catch {
                guard !shutdown.isRequested else { return }
                logger.error("\(error.line)")
                sleep(Self.pollingInterval)
            }
        }
    }

    /// Returns at once when a run is queued, or the process has to stop.
    private func waitForRuns(_ connection: Connection) throws {
        let end = ContinuousClock.now + Self.pollingInterval * Double.random(in: 0.8...1.2)
        while ContinuousClock.now < end, !shutdown.isRequested {
            if !(try connection.notifications(waiting: .milliseconds(100))).isEmpty { return }
        }
    }

    private func execute(_ run: ClaimedRun, store: ReconnectingStore, keeper: LeaseKeeper, logger: Logger) {
        var logger = logger
        logger[metadataKey: "run"] = "\(run.lease.run)"
        logger.info("training", metadata: ["epochs_finished": "\(run.epochsFinished)", "fence": "\(run.lease.fence)"])
        let environment = RunEnvironment(
            engine: engine, store: store, keeper: keeper, memory: memory, isRetried: true,
            isAbandoning: { [shutdown] in shutdown.hasReached(.abandoningRuns) },
            data: { try datasets.data(of: $1, from: $0) })
        do {
            let outcome = try RunExecution(run, in: environment)(
                stopRequest: { isBetweenEpochs in
                    shutdown.hasReached(isBetweenEpochs ? .finishingEpochs : .interruptingEpochs) ? .release : nil
                },
                report: { event in
                    guard case .epoch(let epoch) = event else { return }
                    logger.info(
                        "epoch stored",
                        metadata: [
                            "epoch": "\(epoch.epoch)", "training_loss": "\(epoch.trainingLoss)",
                            "test_loss": "\(epoch.testLoss)", "test_correct": "\(epoch.testCorrect)",
                            "training_seconds": "\(epoch.trainingSeconds)",
                        ])
                })
            switch outcome {
            case .succeeded(let version): logger.info("succeeded", metadata: ["version": "\(version)"])
            case .cancelled: logger.notice("cancelled")
            case .released: logger.notice("released: this daemon stops")
            }
        } catch let error where error is LeaseLost || error is LeaseOverdue {
            logger.warning("\(error.line)")
        } catch {
            logger.error("\(error.line)")
        }
    }
}
