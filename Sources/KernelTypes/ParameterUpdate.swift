/// What is done with a parameter's gradient: a step of stochastic gradient descent at once, while the gradient is still
/// in a register, or nothing but keeping it.
///
/// With gradient g, weight w and velocity v, as PyTorch defines it:
///
///     g ← g + weightDecay · w
///     v ← momentum · v + g
///     w ← w − learningRate · v
public struct ParameterUpdate {
    public var values: UnsafeMutablePointer<Float>
    /// Laid out as the values; `nil` without momentum.
    public var velocity: UnsafeMutablePointer<Float>?
    /// Laid out as the values; when given, the gradient is stored here and no step is made.
    public var gradient: UnsafeMutablePointer<Float>?
    public var step: DescentStep

    public init(
        values: UnsafeMutablePointer<Float>, velocity: UnsafeMutablePointer<Float>?,
        gradient: UnsafeMutablePointer<Float>?, step: DescentStep
    ) {
        self.values = values
        self.velocity = velocity
        self.gradient = gradient
        self.step = step
    }
}

/// The figures of one step of stochastic gradient descent.
public struct DescentStep: Sendable, Hashable {
    public var learningRate: Float
    public var momentum: Float
    public var weightDecay: Float

    public init(learningRate: Float, momentum: Float, weightDecay: Float) {
        self.learningRate = learningRate
        self.momentum = momentum
        self.weightDecay = weightDecay
    }
}
