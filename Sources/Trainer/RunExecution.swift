import KernelTypes
import NeuralNetwork
import Store

/// What a run tells while it is executed.
public enum RunEvent: Sendable {
    /// A batch was learned.
    case step(epoch: Int, samplesSeen: Int, samplesPerEpoch: Int)
    /// An epoch was tested and stored.
    case epoch(EpochRecord)
}

/// Executes a leased run: network × data set → metrics, misclassified samples and, at the end, a model version.
public struct RunExecution {
    /// Batches between two points of the loss curve.
    public static let stepsBetweenLosses = 100

    let store: Store
    let lease: Lease
    let configuration: RunConfiguration
    let data: TrainingData
    let kernels: KernelSet
    let threads: Int?

    /// - Parameters:
    ///   - kernels: Those that the processor can run; they change no result.
    ///   - threads: Worker threads of the engine; `nil` for one a physical core.
    public init(
        _ lease: Lease, configuration: RunConfiguration, data: TrainingData, kernels: KernelSet, threads: Int?,
        store: Store
    ) {
        self.lease = lease
        self.configuration = configuration
        self.data = data
        self.kernels = kernels
        self.threads = threads
        self.store = store
    }

    /// Trains, tests and stores epoch by epoch.
    ///
    /// No transaction is open while the network trains. Whatever ends the run early, the epochs that were finished stay
    /// stored, and the run's row says why it ended.
    ///
    /// - Parameters:
    ///   - isCancelled: Asked after every batch; when true the run ends as `cancelled`.
    ///   - report: Told of every batch and every stored epoch.
    /// - Returns: The new version, or `nil` when the run was cancelled.
    /// - Throws: `LeaseLost`, `Diverged`, or what the engine or the database threw.
    public func callAsFunction(
        isCancelled: () -> Bool, report: (RunEvent) -> Void
    ) throws -> ModelReference? {
        do {
            return try train(isCancelled: isCancelled, report: report)
        } catch let lost as LeaseLost {
            throw lost
        } catch let diverged as Diverged {
            try store.end(lease, as: .diverged(diverged.reason))
            throw diverged
        } catch {
            // The database may be what failed: then the row can't be written, and the first error is the one to tell.
            try? store.end(lease, as: .failed("\(error)"))
            throw error
        }
    }

    private func train(isCancelled: () -> Bool, report: (RunEvent) -> Void) throws -> ModelReference? {
        let network = try Network(
            configuration.architecture, seed: configuration.training.seed,
            initialization: configuration.training.initialization)
        if let digest = configuration.initialWeights {
            try network.load(Safetensors.decode(try store.artifact(digest)).tensors)
        }
        let loop = try TrainingLoop(
            network: network, images: data.training, configuration: configuration.training, threads: threads,
            kernels: kernels)
        for epoch in 1...configuration.training.epochs {
            var losses: [StepLoss] = []
            let samplesBefore = (epoch - 1) * data.training.count
            let trained = loop.trainEpoch(epoch) { step in
                if step.index.isMultiple(of: Self.stepsBetweenLosses) {
                    losses.append(
                        StepLoss(samplesSeen: samplesBefore + step.samplesSeen - step.batchSize, loss: step.loss))
                }
                report(.step(epoch: epoch, samplesSeen: step.samplesSeen, samplesPerEpoch: data.training.count))
                return isCancelled() ? .stop : .proceed
            }
            guard let trained else {
                try store.end(lease, as: .cancelled)
                return nil
            }
            let tested = try loop.evaluate(data.test)
            let record = record(of: epoch, trained: trained, tested: tested, losses: losses)
            try store.record(record, under: lease)
            report(.epoch(record))
            if let step = trained.firstNonFiniteStep {
                throw Diverged(run: lease.run, epoch: epoch, step: step)
            }
        }
        return try store.succeed(lease, weights: Safetensors.encode(network.tensors(), metadata: ["format": "pt"]))
    }

    private func record(
        of epoch: Int, trained: EpochReport, tested: Evaluation, losses: [StepLoss]
    ) -> EpochRecord {
        EpochRecord(
            epoch: epoch, learningRate: trained.learningRate, trainingLoss: trained.meanLoss,
            trainingCorrect: trained.correct, trainingSamples: data.training.count, trainingSeconds: trained.seconds,
            testLoss: tested.meanLoss, testCorrect: tested.correct, testSamples: tested.count,
            testSeconds: tested.seconds, stepLosses: losses,
            misclassifications: misclassifications(of: tested), layerMetrics: layerMetrics(trained, tested),
            testLosses: epoch == configuration.training.epochs ? tested.losses : nil)
    }

    private func layerMetrics(_ trained: EpochReport, _ tested: Evaluation) -> [LayerMetric] {
        configuration.architecture.summary().enumerated().compactMap { index, layer in
            let (norm, share) = (trained.gradientNorms[index], tested.deadShares[index])
            guard norm != nil || share != nil else { return nil }
            return LayerMetric(layer: index + 1, name: layer.name, gradientNorm: norm, deadUnitShare: share)
        }
    }

    private func misclassifications(of tested: Evaluation) -> [Misclassification] {
        let classes = tested.probabilities.count / tested.count
        return (0..<tested.count).compactMap { index in
            guard tested.predictions[index] != data.test.labels[index] else { return nil }
            return Misclassification(
                sampleID: data.testSampleIDs[index], predicted: tested.predictions[index], loss: tested.losses[index],
                probabilities: Array(tested.probabilities[index * classes..<(index + 1) * classes]))
        }
    }
}

/// The training loss became infinite or not a number.
public struct Diverged: Error, Sendable, CustomStringConvertible {
    public let run: Int
    public let epoch: Int
    /// Counts the batches of the epoch, from 1.
    public let step: Int

    /// As the run's row keeps it.
    public var reason: String { "The training loss was not finite at step \(step) of epoch \(epoch)." }

    public var description: String {
        "Run \(run) diverged: the training loss was not finite at step \(step) of epoch \(epoch). "
            + "Its metrics are stored; try a smaller --learning-rate."
    }
}
