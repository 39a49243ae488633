import KernelTypes
import Kernels

/// Trains a network on images, epoch by epoch, and tests it.
///
/// The weights after an epoch depend on the architecture, the configuration, the images and the weights before it; not
/// on the number of threads or the processor.
public final class TrainingLoop {
    /// Threads where none are asked for: one a physical core.
    public static var defaultThreadCount: Int { PhysicalCores.count }

    private let network: Network
    private let images: LabeledImages
    private let configuration: TrainingConfiguration
    private let standardization: Standardization
    private let kernels: KernelSet
    private let team: ThreadTeam
    private let plan: Plan
    private let batch: Batch
    private let evaluator: Evaluator

    /// - Parameters:
    ///   - threads: `nil` for one a physical core.
    ///   - kernels: Those that the processor can run; by default the fastest.
    /// - Throws: `TrainingError` when the images are not those that the network takes, or can't be learned so.
    public init(
        network: Network, images: LabeledImages, configuration: TrainingConfiguration, threads: Int? = nil,
        kernels: KernelSet = .fastest()
    ) throws {
        self.network = network
        self.images = images
        self.configuration = configuration
        standardization = configuration.standardization ?? .none
        self.kernels = kernels
        team = ThreadTeam(threadCount: threads ?? PhysicalCores.count)
        evaluator = try Evaluator(network, configuration: configuration, kernels: kernels, team: team)
        try network.architecture.check(images)
        let capacity = min(configuration.batchSize, images.count)
        plan = try Plan(network, batchSize: capacity, trains: true, seed: configuration.seed)
        batch = Batch(capacity: capacity, shape: network.architecture.input)
    }

    /// Learns from every image once.
    ///
    /// - Parameters:
    ///   - epoch: Counts from 1; decides order and learning rate.
    ///   - afterStep: Told of every step; says whether to go on.
    /// - Returns: `nil` when the epoch was stopped.
    public func trainEpoch(_ epoch: Int, afterStep: (StepReport) -> Continuation = { _ in .proceed }) -> EpochReport? {
        let clock = ContinuousClock()
        let start = clock.now
        let order = order(ofEpoch: epoch)
        var augmentation = RandomStream(seed: configuration.seed, name: "augmentation \(epoch)")
        let stepsBefore = (epoch - 1) * stepsPerEpoch
        var lossSum = 0.0
        var correct = 0
        var firstNonFiniteStep: Int?
        var gradientNorms: [Int: Double] = [:]
        for (index, first) in stride(from: 0, to: order.count, by: configuration.batchSize).enumerated() {
            let end = min(first + configuration.batchSize, order.count)
            let pass = Pass(team: team, kernels: kernels, count: end - first, step: stepsBefore + index)
            let placements =
                configuration.augmentation.isNone
                ? nil : (first..<end).map { _ in configuration.augmentation.draw(from: &augmentation) }
            batch.forward(
                order[first..<end], of: images, placements: placements, standardization: standardization,
                labelSmoothing: configuration.labelSmoothing, plan: plan, pass: pass, needsGradient: true)
            let step = configuration.step(inEpoch: epoch, number: pass.step + 1)
            if end == order.count { gradientNorms = gradients(pass, step) { network.gradientNorms(pass) } }
            plan.backward(pass, step: step)
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

    private var stepsPerEpoch: Int { (images.count + configuration.batchSize - 1) / configuration.batchSize }

    /// Goes backward from the batch's loss without a step; the gradients are there while `body` runs.
    private func gradients<Result>(_ pass: Pass, _ step: OptimizerStep, _ body: () -> Result) -> Result {
        network.keepGradients()
        defer { network.dropGradients() }
        plan.backward(pass, step: step)
        return body()
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
    public func evaluate(_ images: LabeledImages) throws -> Evaluation { try evaluator(images) }

    /// The gradients of the mean loss of some images, at the weights as they are; these do not change.
    ///
    /// - Parameter range: At most as many images as a batch has.
    func gradients(ofImages range: Range<Int>) -> (loss: Double, gradients: [Tensor]) {
        let pass = Pass(team: team, kernels: kernels, count: range.count)
        batch.forward(
            range.map { Int32($0) }[...], of: images, standardization: standardization,
            labelSmoothing: configuration.labelSmoothing, plan: plan, pass: pass, needsGradient: true)
        let gradients = gradients(pass, configuration.step(inEpoch: 1, number: 1)) {
            network.parameters.compactMap { parameter in parameter.gradient.map { parameter.tensor(of: $0) } }
        }
        return (batch.lossSum(pass.count) / Double(pass.count), gradients)
    }
}

/// Why a network can't learn from images.
public enum TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
    case imageShape(found: ImageShape, needed: ImageShape)
    case label(Int, classes: Int)
    /// A setting of the training that is out of its range.
    case setting(String, found: String, range: String)
    /// Pixels that all have the same intensity can't be divided by their deviation.
    case deviation(Double)

    public var description: String {
        switch self {
        case .imageShape(let found, let needed):
            "The images are \(found) (channels × height × width), the network takes \(needed)."
        case .label(let label, let classes):
            "An image has the label \(label), and the network has only \(classes) classes (0 to \(classes - 1))."
        case .setting(let name, let found, let range): "The training's \(name) is \(found); it must be \(range)."
        case .deviation(let deviation):
            "The training pixels have the deviation \(deviation), so that they cannot be standardised; "
                + "use --no-standardize."
        }
    }
}

extension TrainingConfiguration {
    /// Checks what becomes a size, an address or a random number's range in the engine, and what each pixel is divided
    /// by.
    ///
    /// - Throws: `TrainingError`.
    func checkSizes() throws {
        func check(_ isRight: Bool, _ name: String, _ found: some CustomStringConvertible, _ range: String) throws {
            guard isRight else { throw TrainingError.setting(name, found: found.description, range: range) }
        }
        try check((1...1_000_000).contains(epochs), "number of epochs", epochs, "between 1 and 1,000,000")
        try check((1...65_536).contains(batchSize), "batch size", batchSize, "between 1 and 65,536")
        try check((0...1000).contains(augmentation.shift), "shift", augmentation.shift, "between 0 and 1,000")
        try check(
            (0...180).contains(augmentation.rotation), "rotation", augmentation.rotation, "between 0 and 180 degrees")
        try check(schedule.warmupEpochs >= 0, "warm-up", schedule.warmupEpochs, "at least 0 epochs")
        try check(schedule.stepEpochs >= 1, "step of the schedule", schedule.stepEpochs, "at least 1 epoch")
        if let standardization {
            let deviation = standardization.standardDeviation
            guard deviation > 0, standardization.scale.isFinite, standardization.offset.isFinite else {
                throw TrainingError.deviation(deviation)
            }
        }
    }
}
