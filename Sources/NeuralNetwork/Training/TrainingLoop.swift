import KernelTypes
import Samples

/// Trains a network on images, epoch by epoch, and tests it.
///
/// The weights after an epoch depend on the architecture, the configuration, the images and the weights before it; not
/// on the number of threads or the processor.
package final class TrainingLoop {
    private let network: Network
    private let images: LabeledImages
    private let configuration: TrainingConfiguration
    private let kernels: KernelSet
    private let team: ThreadTeam
    private let plan: Plan
    private let batch: Batch
    /// Positions in an epoch's order; the same in every epoch.
    private let batches: [Range<Int>]
    private let evaluator: Evaluator

    /// - Throws: `TrainingError` when the images are not those that the network takes, or can't be learned so.
    package init(
        network: Network, images: LabeledImages, configuration: TrainingConfiguration, engine: Engine
    ) throws {
        self.network = network
        self.images = images
        self.configuration = configuration
        kernels = engine.kernels
        team = engine.makeTeam()
        evaluator = try Evaluator(network, configuration: configuration, kernels: kernels, team: team)
        try network.architecture.check(images)
        try network.architecture.checkTraining(configuration, samples: images.count)
        batches = network.architecture.batches(of: images.count, size: configuration.batchSize)
        let capacity = batches.map(\.count).max() ?? 0
        plan = try Plan(network, batchSize: capacity, trains: true, seed: configuration.seed)
        batch = Batch(
            capacity: capacity, shape: network.architecture.input,
            standardization: configuration.standardization ?? .none)
    }

    /// Learns from every image once.
    ///
    /// - Parameters:
    ///   - epoch: Counts from 1; decides order and learning rate.
    ///   - afterStep: Told of every step; says whether to go on.
    /// - Returns: `nil` when the epoch was stopped.
    package func trainEpoch(_ epoch: Int, afterStep: (StepReport) -> Continuation = { _ in .proceed }) -> EpochReport? {
        let clock = ContinuousClock()
        let start = clock.now
        let order = order(ofEpoch: epoch)
        var augmentation = RandomStream(seed: configuration.seed, name: "augmentation \(epoch)")
        let stepsBefore = (epoch - 1) * batches.count
        var lossSum = 0.0
        var correct = 0
        var firstNonFiniteStep: Int?
        var gradientNorms: [Int: Double] = [:]
        for (index, range) in batches.enumerated() {
            let (first, end) = (range.lowerBound, range.upperBound)
            let pass = Pass(team: team, kernels: kernels, count: end - first, step: stepsBefore + index)
            let placements =
                configuration.augmentation.isNone
                ? nil : (first..<end).map { _ in configuration.augmentation.draw(from: &augmentation) }
            batch.forward(
                order[first..<end], of: images, placements: placements,
                labelSmoothing: configuration.labelSmoothing, plan: plan, pass: pass, needsGradient: true)
            let step = configuration.step(inEpoch: epoch, number: pass.step + 1)
            if end == order.count {
                network.keepGradients()
                plan.backward(pass, step: step)
                gradientNorms = network.gradientNorms(pass)
                network.dropGradients()
            } else {
                plan.backward(pass, step: step)
            }
            let stepLoss = batch.lossSum(pass.count)
            lossSum += stepLoss
            correct += batch.correct(pass.count)
            let isFinite = stepLoss.isFinite && (end < order.count || network.isFinite(pass))
            if !isFinite && firstNonFiniteStep == nil { firstNonFiniteStep = index + 1 }
            let report = StepReport(
                index: index, samplesSeen: end, batchSize: pass.count, loss: stepLoss / Double(pass.count))
            guard afterStep(report) == .proceed else { return nil }
        }
        return EpochReport(
            learningRate: configuration.learningRate(inEpoch: epoch), meanLoss: lossSum / Double(order.count),
            correct: correct, seconds: (clock.now - start) / .seconds(1), firstNonFiniteStep: firstNonFiniteStep,
            gradientNorms: gradientNorms)
    }

    /// The order depends on the seed and the epoch alone.
    private func order(ofEpoch epoch: Int) -> [Int32] {
        var order = (0..<images.count).map { Int32($0) }
        if configuration.shuffles {
            var random = RandomStream(seed: configuration.seed, name: "shuffle \(epoch)")
            random.shuffle(&order)
        }
        return order
    }

    /// Classifies images with the weights as they are.
    package func evaluate(_ images: LabeledImages) throws -> Evaluation { try evaluator(images) }

    /// The gradients of the mean loss of some images, at the weights as they are; these do not change.
    ///
    /// - Parameter range: At most as many images as a batch has.
    func gradients(ofImages range: Range<Int>) -> (loss: Double, gradients: [Tensor]) {
        let pass = Pass(team: team, kernels: kernels, count: range.count)
        batch.forward(
            range.map { Int32($0) }[...], of: images,
            labelSmoothing: configuration.labelSmoothing, plan: plan, pass: pass, needsGradient: true)
        network.keepGradients()
        defer { network.dropGradients() }
        plan.backward(pass, step: nil)
        let gradients = network.parameters.compactMap { parameter in
            parameter.gradient.map { parameter.tensor(of: $0) }
        }
        return (batch.lossSum(pass.count) / Double(pass.count), gradients)
    }
}

/// Why a network can't learn from images.
package enum TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
    case imageShape(found: ImageShape, needed: ImageShape)
    case label(Int, classes: Int)
    /// A setting of the training that is out of its range.
    case setting(String, found: String, range: String)
    /// Pixels that all have the same intensity can't be divided by their deviation.
    case deviation(Double)
    /// A normalisation over the batch that has one value of each channel to normalise: the number of the layer.
    case singleValue(layer: Int, samples: Int)

    package var description: String {
        switch self {
        case .imageShape(let found, let needed):
            "The images are \(found) (channels × height × width), the network takes \(needed)."
        case .label(let label, let classes):
            "An image has the label \(label), and the network has only \(classes) classes (0 to \(classes - 1))."
        case .setting(let name, let found, let range): "The training's \(name) is \(found); it must be \(range)."
        case .deviation(let deviation):
            "The training pixels have the deviation \(deviation), so that they cannot be standardised."
        case .singleValue(let layer, let samples):
            "Layer \(layer) (batch_norm) has one value of each channel a sample, and cannot normalise "
                + (samples == 1 ? "a data set of one training sample." : "batches of one sample.")
        }
    }
}

extension Architecture {
    /// What a training can't do, told before it starts.
    ///
    /// - Parameter samples: Training images.
    /// - Throws: `TrainingError`.
    package func checkTraining(_ configuration: TrainingConfiguration, samples: Int) throws {
        try configuration.check()
        if let layer = singleValueNormalization, min(configuration.batchSize, samples) == 1 {
            throw TrainingError.singleValue(layer: layer + 1, samples: samples)
        }
    }

    /// Positions of the images that each step of an epoch learns from.
    ///
    /// The last batch has what is left over. A single image that a `batch_norm` could not normalise, because one value
    /// has no deviation, joins the batch before it.
    func batches(of samples: Int, size: Int) -> [Range<Int>] {
        var batches = stride(from: 0, to: samples, by: size).map { $0..<min($0 + size, samples) }
        if singleValueNormalization != nil, let last = batches.last, last.count == 1, batches.count > 1 {
            batches.removeLast()
            batches[batches.count - 1] = batches[batches.count - 1].lowerBound..<last.upperBound
        }
        return batches
    }

    /// The most images that a step of an epoch learns from.
    ///
    /// Computed without the list of batches: a count that is only announced must cost nothing.
    func largestBatch(of samples: Int, size: Int) -> Int {
        let isJoined = samples > size && (samples - 1).isMultiple(of: size) && singleValueNormalization != nil
        return min(samples, isJoined ? size + 1 : size)
    }

    /// The position of the first `batch_norm` with one value of each channel a sample, as after a dense layer.
    private var singleValueNormalization: Int? {
        var input = LayerShape.image(self.input)
        for (index, output) in ((try? shapes()) ?? []).enumerated() {
            if case .batchNormalization = layers[index], input.count == input.channels { return index }
            input = output
        }
        return nil
    }
}

extension TrainingConfiguration {
    /// Checks that each setting is in its range, whether it comes from flags or from a database. Some become a size, an
    /// address or a random number's range in the engine; pixels are divided by the deviation.
    ///
    /// - Throws: `TrainingError`, whose setting is named as the flag is.
    package func check() throws {
        func check(_ isRight: Bool, _ name: String, _ found: some CustomStringConvertible, _ range: String) throws {
            guard isRight else { throw TrainingError.setting(name, found: found.description, range: range) }
        }
        func isPositive(_ value: Double) -> Bool { value.isFinite && value > 0 }
        try check((1...1_000_000).contains(epochs), "epochs", epochs, "between 1 and 1,000,000")
        try check((1...65_536).contains(batchSize), "batch size", batchSize, "between 1 and 65,536")
        try check(isPositive(learningRate), "learning rate", learningRate, "a number above 0")
        try check(isPositive(schedule.decay), "learning rate decay", schedule.decay, "a number above 0")
        try check((0..<1).contains(momentum), "momentum", momentum, "at least 0 and below 1")
        try check(weightDecay.isFinite && weightDecay >= 0, "weight decay", weightDecay, "a number from 0 on")
        try check((0..<1).contains(labelSmoothing), "label smoothing", labelSmoothing, "at least 0 and below 1")
        try check((0...1000).contains(augmentation.shift), "augment shift", augmentation.shift, "between 0 and 1,000")
        try check(
            (0...180).contains(augmentation.rotation), "augment rotation", augmentation.rotation, "between 0 and 180")
        try check(seed <= UInt64(Int64.max), "seed", seed, "below 2⁶³")
        try check(
            (0..<epochs).contains(schedule.warmupEpochs), "warmup epochs", schedule.warmupEpochs,
            "at least 0 and below the number of epochs")
        try check(schedule.stepEpochs >= 1, "step epochs", schedule.stepEpochs, "at least 1")
        try check(
            (0...learningRate).contains(schedule.minimum), "minimum learning rate", schedule.minimum,
            "between 0 and the learning rate")
        if let standardization {
            let channels = standardization.means.count
            try check(
                (1...ImageShape.largestDimension).contains(channels)
                    && channels == standardization.standardDeviations.count,
                "standardisation", "of \(channels) means and \(standardization.standardDeviations.count) deviations",
                "of one mean and deviation, or one of each channel")
            for (channel, deviation) in standardization.standardDeviations.enumerated() {
                guard deviation > 0, standardization.scale(ofChannel: channel).isFinite,
                    standardization.offset(ofChannel: channel).isFinite
                else { throw TrainingError.deviation(deviation) }
            }
        }
    }
}
