import ArgumentParser
import NeuralNetwork
import Store

/// The flags that decide what a training does. Without any, it is the reference experiment's.
struct TrainingOptions: ParsableArguments {
    private static let usual = TrainingConfiguration()

    @Option(parsing: .unconditional, help: "Passes over the training samples.")
    var epochs = usual.epochs

    @Option(parsing: .unconditional, help: "Samples per step.")
    var batchSize = usual.batchSize

    @Option(help: "sgd, adam or adamw.")
    var optimizer = usual.optimizer

    @Option(parsing: .unconditional, help: "Step size. Default: 0.01 for sgd, 0.001 for adam and adamw.")
    var learningRate: Double?

    @Option(
        help: ArgumentHelp(
            "constant, exponential, step or cosine: how the learning rate changes. Default: exponential with "
                + "--learning-rate-decay, else constant."))
    var schedule: LearningRateSchedule.Kind?

    @Option(
        parsing: .unconditional,
        help: "Factor on the learning rate after an epoch (exponential), or after --step-epochs (step).")
    var learningRateDecay: Double?

    @Option(parsing: .unconditional, help: "Epochs between two changes of the learning rate (step).")
    var stepEpochs: Int?

    @Option(parsing: .unconditional, help: "Final learning rate (cosine).")
    var minimumLearningRate: Double?

    @Option(parsing: .unconditional, help: "Epochs at the start during which the learning rate rises linearly.")
    var warmupEpochs = usual.schedule.warmupEpochs

    @Option(parsing: .unconditional, help: "Momentum (sgd).")
    var momentum = usual.momentum

    @Flag(help: "Nesterov momentum (sgd).")
    var nesterov = false

    @Option(
        parsing: .unconditional,
        help: "Weight decay; decoupled with adamw.")
    var weightDecay = usual.weightDecay

    @Option(parsing: .unconditional, help: "Label smoothing: share of the target spread evenly over all classes.")
    var labelSmoothing = usual.labelSmoothing

    @Option(help: "Initial weights: uniform-fan-in, he or glorot.")
    var initialization = usual.initialization

    @Option(parsing: .unconditional, help: "Shift training images at random by up to this many pixels.")
    var augmentShift = usual.augmentation.shift

    @Option(parsing: .unconditional, help: "Rotate training images at random by up to this many degrees.")
    var augmentRotation = usual.augmentation.rotation

    @Option(
        parsing: .unconditional, help: "Seed of all random numbers: the same seed gives the same weights, to the bit.",
        transform: Self.seed)
    var seed = usual.seed

    @Flag(help: "Scale intensities to 0…1 only, without the training set's mean and deviation.")
    var noStandardize = false

    @Flag(help: "Do not shuffle: take the samples in the data set's order.")
    var noShuffle = false

    private static func seed(_ text: String) throws -> UInt64 {
        guard let seed = UInt64(text), seed <= UInt64(Int64.max) else {
            throw ValidationError("--seed must be a whole number from 0 to 2⁶³ − 1.")
        }
        return seed
    }

    func validate() throws {
        func check(_ isRight: Bool, _ message: String) throws {
            guard isRight else { throw ValidationError(message) }
        }
        do {
            try configuration.check()
        } catch TrainingError.setting(let name, _, let range) {
            throw ValidationError("--\(name.split(separator: " ").joined(separator: "-")) must be \(range).")
        }
        try checkUse(check)
    }

    /// A flag that would change nothing is a mistake.
    private func checkUse(_ check: (Bool, String) throws -> Void) throws {
        try check(
            learningRateDecay == nil || kind == .exponential || kind == .step,
            "--learning-rate-decay goes with --schedule exponential or step.")
        try check(
            learningRateDecay != nil || kind == .constant || kind == .cosine,
            "--schedule \(kind.rawValue) needs --learning-rate-decay.")
        try check(
            stepEpochs == nil || kind == .step,
            "--step-epochs goes with --schedule step and --learning-rate-decay.")
        try check(
            minimumLearningRate == nil || kind == .cosine, "--minimum-learning-rate goes with --schedule cosine.")
        try check(optimizer == .sgd || momentum == 0, "--momentum goes with --optimizer sgd.")
        try check(optimizer == .sgd || !nesterov, "--nesterov goes with --optimizer sgd.")
        try check(!nesterov || momentum > 0, "--nesterov needs --momentum.")
    }

    private var kind: LearningRateSchedule.Kind {
        schedule ?? (learningRateDecay == nil ? .constant : .exponential)
    }

    func configuration(for dataset: DatasetDescription) -> TrainingConfiguration {
        var training = configuration
        if !noStandardize {
            training.standardization = dataset.standardization
        }
        return training
    }

    /// What does not depend on the data set.
    private var configuration: TrainingConfiguration {
        var training = TrainingConfiguration()
        training.epochs = epochs
        training.batchSize = batchSize
        training.optimizer = optimizer
        training.learningRate = learningRate ?? optimizer.usualLearningRate
        training.schedule.kind = kind
        training.schedule.decay = learningRateDecay ?? 1
        training.schedule.stepEpochs = stepEpochs ?? 1
        training.schedule.minimum = minimumLearningRate ?? 0
        training.schedule.warmupEpochs = warmupEpochs
        training.momentum = momentum
        training.usesNesterov = nesterov
        training.weightDecay = weightDecay
        training.labelSmoothing = labelSmoothing
        training.initialization = initialization
        training.augmentation.shift = augmentShift
        training.augmentation.rotation = augmentRotation
        training.seed = seed
        training.shuffles = !noShuffle
        return training
    }
}

extension Optimizer: ExpressibleByArgument {}
extension LearningRateSchedule.Kind: ExpressibleByArgument {}
extension Initialization: ExpressibleByArgument {}
