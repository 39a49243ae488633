import KernelTypes

/// All that determines a training besides architecture, images and initial weights. The defaults are the reference
/// experiment's.
package struct TrainingConfiguration: Hashable, Sendable {
    package var epochs = 10
    package var batchSize = 64
    package var optimizer = Optimizer.sgd
    package var learningRate = 0.01
    package var schedule = LearningRateSchedule()
    /// Of `sgd`.
    package var momentum = 0.0
    /// Whether `sgd` looks ahead along its velocity.
    package var usesNesterov = false
    /// Of `adam` and `adamw`: weights of the past in the means of the gradient and of its square.
    package var beta1 = 0.9
    package var beta2 = 0.999
    /// Of `adam` and `adamw`: added to the deviation that gradients are divided by.
    package var epsilon = 1e-8
    package var weightDecay = 0.0
    /// Share of the target that is spread evenly over all classes.
    package var labelSmoothing = 0.0
    package var initialization = Initialization.uniformFanIn
    package var augmentation = Augmentation()
    package var seed: UInt64 = 1234
    /// Whether each epoch sees the images in an order of its own; otherwise in the order they have.
    package var shuffles = true
    /// `nil`: intensities are only scaled to 0…1.
    package var standardization: Standardization?

    package init() {}
}

/// How weights follow their gradients. Formulas as PyTorch's.
package enum Optimizer: String, Codable, Hashable, Sendable, CaseIterable {
    /// Stochastic gradient descent.
    case sgd
    /// - Source: Kingma and Ba, “Adam: a method for stochastic optimization”, 2015.
    case adam
    /// Adam whose weight decay does not pass through the moments.
    ///
    /// - Source: Loshchilov and Hutter, “Decoupled weight decay regularization”, 2019.
    case adamw

    /// PyTorch's default; for `sgd`, which has none there, the reference experiment's.
    package var usualLearningRate: Double { self == .sgd ? 0.01 : 0.001 }
}

extension TrainingConfiguration: Codable {
    private enum CodingKeys: String, CodingKey {
        case epochs, batchSize, optimizer, learningRate, schedule, momentum, usesNesterov, beta1, beta2, epsilon,
            weightDecay, labelSmoothing, initialization, augmentation, seed, shuffles, standardization
    }

    /// What is absent has its default: configurations that were stored before a setting existed stay readable.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func read<Value: Decodable>(_ key: CodingKeys, into value: inout Value) throws {
            value = try values.decodeIfPresent(Value.self, forKey: key) ?? value
        }
        self.init()
        try read(.epochs, into: &epochs)
        try read(.batchSize, into: &batchSize)
        try read(.optimizer, into: &optimizer)
        try read(.learningRate, into: &learningRate)
        try read(.schedule, into: &schedule)
        try read(.momentum, into: &momentum)
        try read(.usesNesterov, into: &usesNesterov)
        try read(.beta1, into: &beta1)
        try read(.beta2, into: &beta2)
        try read(.epsilon, into: &epsilon)
        try read(.weightDecay, into: &weightDecay)
        try read(.labelSmoothing, into: &labelSmoothing)
        try read(.initialization, into: &initialization)
        try read(.augmentation, into: &augmentation)
        try read(.seed, into: &seed)
        try read(.shuffles, into: &shuffles)
        standardization = try values.decodeIfPresent(Standardization.self, forKey: .standardization)
    }
}

extension TrainingConfiguration {
    /// The optimiser's figures for one step.
    ///
    /// - Parameters:
    ///   - epoch: Counts from 1.
    ///   - number: Steps up to and with this one, over all epochs.
    func step(inEpoch epoch: Int, number: Int) -> OptimizerStep {
        let rule: OptimizerStep.Rule =
            switch optimizer {
            case .sgd: .descent(momentum: Float(momentum), isNesterov: usesNesterov)
            case .adam, .adamw:
                .adam(
                    beta1: Float(beta1), beta2: Float(beta2), epsilon: Float(epsilon),
                    correction1: Float(1 - power(beta1, number)), correction2: Float(1 - power(beta2, number)),
                    isDecoupled: optimizer == .adamw)
            }
        return OptimizerStep(
            learningRate: Float(learningRate(inEpoch: epoch)), weightDecay: Float(weightDecay), rule: rule)
    }

    /// The learning rate of an epoch, counted from 1.
    func learningRate(inEpoch epoch: Int) -> Double {
        schedule.learningRate(inEpoch: epoch, of: epochs, from: learningRate)
    }
}
