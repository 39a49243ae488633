import NeuralNetwork
import PostgreSQL
import Store

/// What a run tells while it is executed.
package enum RunEvent: Sendable {
    /// A batch was learned.
    case step(epoch: Int, samplesSeen: Int)
    /// An epoch was tested and stored.
    case epoch(EpochRecord)
}

/// Whether a training shall go on.
package enum StopRequest: Sendable {
    /// The run ends as cancelled.
    case cancel
    /// The run goes back into the queue; whoever takes it goes on after its last stored epoch.
    case release
}

/// How an execution ended.
package enum RunOutcome: Sendable, Hashable {
    case succeeded(ModelReference)
    case cancelled
    case released
}

/// Executes a claimed run: network × data set → metrics, misclassified samples and, at the end, a model version.
///
/// Whoever executes it, and however often it was interrupted, the weights are the same to the bit.
package struct RunExecution {
    /// Batches between two points of the loss curve.
    package static let stepsBetweenLosses = 100

    let run: ClaimedRun
    let environment: RunEnvironment

    package init(_ run: ClaimedRun, in environment: RunEnvironment) {
        self.run = run
        self.environment = environment
    }

    /// Trains, tests and stores epoch by epoch, from the first that is not stored yet.
    ///
    /// No transaction is open while the network trains. Whatever ends the run early, the epochs that were finished stay
    /// stored, and the run's row says why it ended.
    ///
    /// - Parameters:
    ///   - stopRequest: Asked after every batch, and when an epoch has been stored.
    ///   - report: Told of every batch and every stored epoch.
    /// - Throws: `LeaseLost`, `LeaseOverdue`, `Diverged`, `NotEnoughMemory`, or what the engine or the database threw.
    package func callAsFunction(
        stopRequest: @escaping (_ isBetweenEpochs: Bool) -> StopRequest?, report: @escaping (RunEvent) -> Void
    ) throws -> RunOutcome {
        let (store, memory, isRetried) = (environment.store, environment.memory, environment.isRetried)
        let keeping = environment.keeper.keep(run.lease, isAbandoning: environment.isAbandoning)
        defer { keeping.end() }
        do {
            let configuration = try RunConfiguration(json: run.configuration, isToBeTrained: true)
            let dataset = try store { try $0.dataset(id: run.datasetID) }
            let (samples, needed) = (dataset.sampleCounts, configuration.memory(on: dataset.sampleCounts))
            while !(try memory.take(needed, for: configuration, on: samples)) {
                if keeping.isLost { throw LeaseLost(run: run.lease.run) }
                if let stop = keeping.isCancelled ? .cancel : stopRequest(true) {
                    return try store.end(run.lease, at: stop)
                }
                sleep(.milliseconds(100))
            }
            defer { memory.giveBack(needed) }
            let training = Training(
                lease: run.lease, configuration: configuration, data: try store { try environment.data($0, dataset) },
                store: store, keeping: keeping, fencesItself: isRetried, stopRequest: stopRequest, report: report)
            return try training.run(epochsFinished: run.epochsFinished, on: environment.engine)
        } catch let error as PostgreSQLError where error.isTransient {
            // Nothing can be written: the lease runs out, and whoever takes the run goes on.
            throw error
        } catch let error where error is LeaseLost || error is LeaseOverdue || error is Diverged {
            throw error
        } catch let error where error.isLasting {
            // No attempt will be better; on a larger machine, when somebody queues it again.
            try store { try $0.end(run.lease, as: .failed(error.line)) }
            throw error
        } catch {
            try store { try $0.end(run.lease, as: isRetried ? .failedAttempt(error.line) : .failed(error.line)) }
            throw error
        }
    }
}

extension Error {
    /// Whether it is the configuration's, and so every attempt's.
    fileprivate var isLasting: Bool {
        switch self {
        case is ArchitectureError, is ImagesError, is Misfit, is OtherClasses, is TrainingError,
            is UnreadableConfiguration:
            true
        case let error as NotEnoughMemory: error.isLasting
        default: false
        }
    }
}

extension ReconnectingStore {
    /// Ends an attempt because it was to stop.
    fileprivate func end(_ lease: Lease, at stop: StopRequest) throws -> RunOutcome {
        switch stop {
        case .cancel:
            try self { try $0.end(lease, as: .cancelled) }
            return .cancelled
        case .release:
            try self { try $0.end(lease, as: .released) }
            return .released
        }
    }
}

/// The epochs of one execution.
private struct Training {
    let lease: Lease
    let configuration: RunConfiguration
    let data: TrainingData
    let store: ReconnectingStore
    let keeping: LeaseKeeper.Keeping
    let fencesItself: Bool
    let stopRequest: (_ isBetweenEpochs: Bool) -> StopRequest?
    let report: (RunEvent) -> Void

    func run(epochsFinished: Int, on engine: Engine) throws -> RunOutcome {
        let (network, epochsFinished) = try network(after: epochsFinished, on: engine)
        let loop = try TrainingLoop(
            network: network, images: data.training, configuration: configuration.training, engine: engine)
        for epoch in epochsFinished..<configuration.training.epochs {
            let epoch = epoch + 1
            if let stop = try train(epoch, of: network, in: loop) { return try store.end(lease, at: stop) }
        }
        let weights = try network.encodedWeights()
        return .succeeded(try store { try $0.succeed(lease, weights: weights) })
    }

    /// - Returns: Why the training ends here; `nil` when it goes on.
    private func train(_ epoch: Int, of network: Network, in loop: TrainingLoop) throws -> StopRequest? {
        var losses: [StepLoss] = []
        var stop: StopRequest?
        let samplesBefore = (epoch - 1) * data.training.count
        let trained = loop.trainEpoch(epoch) { step in
            if step.index.isMultiple(of: RunExecution.stepsBetweenLosses) {
                losses.append(StepLoss(samplesSeen: samplesBefore + step.samplesSeen - step.batchSize, loss: step.loss))
            }
            report(.step(epoch: epoch, samplesSeen: step.samplesSeen))
            stop = request(isBetweenEpochs: false)
            return stop != nil || keeping.isLost || isOverdue ? .stop : .proceed
        }
        if keeping.isLost { throw LeaseLost(run: lease.run) }
        if stop == nil, trained == nil { throw LeaseOverdue(run: lease.run) }
        guard let trained else { return stop }
        let validation = try data.validation.map { images in
            let result = try loop.evaluate(images)
            return ValidationResult(loss: result.meanLoss, correct: result.correct, samples: result.count)
        }
        let tested = try loop.evaluate(data.test)
        let record = record(of: epoch, trained: trained, tested: tested, validation: validation, losses: losses)
        let checkpoint = try network.encodedCheckpoint(afterEpoch: epoch)
        let isFinite = trained.firstNonFiniteStep == nil && tested.meanLoss.isFinite
        let diverged = isFinite ? nil : diverged(in: epoch, trained)
        try store { try $0.record(record, checkpoint: checkpoint, divergence: diverged?.reason, under: lease) }
        keeping.hasBeenRenewed()
        report(.epoch(record))
        if let diverged { throw diverged }
        return epoch < configuration.training.epochs ? request(isBetweenEpochs: true) : nil
    }

    private func diverged(in epoch: Int, _ trained: EpochReport) -> Diverged {
        // The loss of the first step is the first weights'; where it is finite, it was the step that went too far.
        let wasNeverFinite = epoch == 1 && trained.firstNonFiniteStep == 1 && !trained.meanLoss.isFinite
        return Diverged(
            run: lease.run, epoch: epoch, step: trained.firstNonFiniteStep,
            cause: !wasNeverFinite
                ? .step
                : configuration.initialWeights != nil
                    ? .initialWeights : configuration.training.standardization != nil ? .pixels : .architecture)
    }

    private var isOverdue: Bool { fencesItself && keeping.isOverdue }

    private func request(isBetweenEpochs: Bool) -> StopRequest? {
        keeping.isCancelled ? .cancel : stopRequest(isBetweenEpochs)
    }

    /// The network to train on, and the epochs that it has learned.
    private func network(after epochsFinished: Int, on engine: Engine) throws -> (Network, epochsFinished: Int) {
        let architecture = configuration.architecture
        if epochsFinished > 0 {
            let bytes = try store { try $0.checkpoint(ofRun: lease.run) }
            if let bytes, let checkpoint = try? Checkpoint(bytes), checkpoint.epoch == epochsFinished {
                return (try Network(architecture, resuming: checkpoint), epochsFinished)
            }
            try store { try $0.startOver(lease) }
        }
        if let digest = configuration.initialWeights {
            return (try store { try Network(architecture, weights: digest, in: $0) }, 0)
        }
        let network = try Network(
            architecture, seed: configuration.training.seed, initialization: configuration.training.initialization,
            engine: engine)
        return (network, 0)
    }

    private func record(
        of epoch: Int, trained: EpochReport, tested: Evaluation, validation: ValidationResult?, losses: [StepLoss]
    ) -> EpochRecord {
        EpochRecord(
            epoch: epoch, learningRate: trained.learningRate, trainingLoss: trained.meanLoss,
            trainingCorrect: trained.correct, trainingSamples: data.training.count, trainingSeconds: trained.seconds,
            testLoss: tested.meanLoss, testCorrect: tested.correct, testSamples: tested.count,
            testSeconds: tested.seconds, stepLosses: losses,
            misclassifications: tested.misclassifications(labels: data.test.labels, sampleIDs: data.testSampleIDs),
            layerMetrics: configuration.architecture.layerMetrics(tested, trained),
            validation: validation, testLosses: epoch == configuration.training.epochs ? tested.losses : nil)
    }
}

/// The loss became infinite or not a number.
package struct Diverged: Error, Sendable, CustomStringConvertible {
    /// What led to it, and what can help therefore.
    package enum Cause: Sendable {
        /// Weights went too far.
        case step
        /// Before any weight was changed, with weights from a file.
        case initialWeights
        /// Before any weight was changed, with standardised pixels.
        case pixels
        /// Before any weight was changed, with pixels from 0 to 1.
        case architecture
    }

    package let run: Int
    package let epoch: Int
    /// The batch of the epoch whose training loss was not finite, from 1; `nil` when only the test's was not.
    package let step: Int?
    package let cause: Cause

    private var symptom: String {
        step.map { "training loss was not finite at step \($0) of epoch \(epoch)" }
            ?? "test loss was not finite after epoch \(epoch)"
    }

    /// As the run's row keeps it.
    package var reason: String { "The \(symptom)." }

    package var description: String {
        let cause =
            switch cause {
            case .step: ""
            case .initialWeights, .pixels: " No step was made yet."
            case .architecture: " No step was made yet: the architecture's settings make numbers too large."
            }
        return "Run \(run) diverged: the \(symptom). Its metrics are stored.\(cause)"
    }
}
