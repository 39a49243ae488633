import KernelTypes
import Samples

/// Classifies images with a network's weights as they are. It has room for one batch, without gradients.
package final class Evaluator {
    private let network: Network
    private let standardization: Standardization
    private let kernels: KernelSet
    private let team: ThreadTeam
    private let batchSize: Int
    /// Made for the first images, and again for more: fewer images than a batch need less memory.
    private var room: (plan: Plan, batch: Batch, capacity: Int)?

    /// - Parameter configuration: Of the training: intensities are standardised as they were there.
    /// - Throws: `TrainingError` when intensities can't be standardised so.
    package convenience init(
        _ network: Network, configuration: TrainingConfiguration, engine: Engine
    ) throws {
        try self.init(network, configuration: configuration, kernels: engine.kernels, team: engine.makeTeam())
    }

    init(_ network: Network, configuration: TrainingConfiguration, kernels: KernelSet, team: ThreadTeam) throws {
        try configuration.check()
        try network.architecture.check(configuration.standardization)
        self.network = network
        standardization = configuration.standardization ?? .none
        self.kernels = kernels
        self.team = team
        batchSize = Evaluation.batchSize(afterTrainingWith: configuration.batchSize)
    }

    /// What the network makes of each image.
    ///
    /// - Throws: `TrainingError` when the images are not those that the network takes.
    package func callAsFunction(_ images: LabeledImages) throws -> Evaluation {
        try network.architecture.check(images)
        let clock = ContinuousClock()
        let start = clock.now
        let classes = network.architecture.classes
        let (plan, batch) = try room(for: min(batchSize, images.count))
        let order = (0..<images.count).map { Int32($0) }
        var predictions = [UInt16](repeating: 0, count: images.count)
        var losses = [Float](repeating: 0, count: images.count)
        var probabilities = [Float](repeating: 0, count: images.count * classes)
        var lossSum = 0.0
        var correct = 0
        var activity = UnitActivity()
        probabilities.withUnsafeMutableBufferPointer { probabilities in
            for first in stride(from: 0, to: order.count, by: batchSize) {
                let end = min(first + batchSize, order.count)
                let pass = Pass(team: team, kernels: kernels, count: end - first)
                batch.forward(
                    order[first..<end], of: images, plan: plan, pass: pass,
                    needsGradient: false, probabilities: probabilities.baseAddress.map { $0 + first * classes })
                activity.observe(plan, pass)
                for position in 0..<pass.count {
                    predictions[first + position] = batch.predictions[position]
                    losses[first + position] = batch.losses.pointer[position]
                }
                lossSum += batch.lossSum(pass.count)
                correct += batch.correct(pass.count)
            }
        }
        return Evaluation(
            count: images.count, correct: correct, meanLoss: lossSum / Double(images.count),
            predictions: predictions, losses: losses, probabilities: probabilities, deadShares: activity.deadShares,
            seconds: (clock.now - start) / .seconds(1))
    }

    private func room(for count: Int) throws -> (Plan, Batch) {
        if let room, room.capacity >= count { return (room.plan, room.batch) }
        room = nil
        // A test draws no random numbers.
        let plan = try Plan(network, batchSize: count, trains: false, seed: 0)
        let batch = Batch(
            capacity: count, shape: network.architecture.input, standardization: standardization)
        room = (plan, batch, count)
        return (plan, batch)
    }
}

extension Evaluation {
    /// Images that are tested at once: enough to fill the vectors, few enough for the cache, and no more than a step
    /// has, because a large network may have memory only for small batches.
    static func batchSize(afterTrainingWith batchSize: Int) -> Int { min(64, paddedToLanes(batchSize)) }
}

extension Architecture {
    /// - Throws: `TrainingError` when there are moments of other channels than the network's input has.
    func check(_ standardization: Standardization?) throws {
        guard let channels = standardization?.means.count, channels != 1, channels != input.channels else { return }
        throw TrainingError.setting(
            "standardisation", found: "of \(channels) channels",
            range: "of the \(input.channels) that the network takes")
    }

    /// - Throws: `TrainingError` when the images are not those that the network takes.
    func check(_ images: LabeledImages) throws {
        guard accepts(images.shape) else {
            throw TrainingError.imageShape(found: images.shape, needed: input)
        }
        // Labels are below the images' number of classes; only where that is larger, each has to be looked at.
        if images.classes > classes, let label = images.labels.max(), Int(label) >= classes {
            throw TrainingError.label(Int(label), classes: classes)
        }
    }
}
