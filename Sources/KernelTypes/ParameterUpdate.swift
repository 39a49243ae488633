/// What is done with a parameter's gradient: a step of the optimiser at once, while the gradient is still in a register.
package struct ParameterUpdate {
    package var values: UnsafeMutablePointer<Float>
    /// Momentum's velocity, or Adam's mean of gradients; laid out as the values. `nil` where the rule needs none.
    package var firstMoment: UnsafeMutablePointer<Float>?
    /// Adam's mean of squared gradients; laid out as the values. `nil` where the rule needs none.
    package var secondMoment: UnsafeMutablePointer<Float>?
    /// Laid out as the values; when given, the gradient is stored here too.
    package var gradient: UnsafeMutablePointer<Float>?
    /// `nil` when no step is made.
    package var step: OptimizerStep?

    package init(
        values: UnsafeMutablePointer<Float>, firstMoment: UnsafeMutablePointer<Float>?,
        secondMoment: UnsafeMutablePointer<Float>?, gradient: UnsafeMutablePointer<Float>?, step: OptimizerStep?
    ) {
        self.values = values
        self.firstMoment = firstMoment
        self.secondMoment = secondMoment
        self.gradient = gradient
        self.step = step
    }
}

/// The figures of one step of an optimiser. With weight w, gradient g and learning rate η, as PyTorch defines them:
package struct OptimizerStep: Sendable, Hashable {
    package enum Rule: Sendable, Hashable {
        /// g ← g + decay · w;  v ← momentum · v + g;  w ← w − η · (nesterov ? g + momentum · v : v)
        case descent(momentum: Float, isNesterov: Bool)
        /// g ← g + decay · w, or when it is decoupled (AdamW) w ← w − η · decay · w;
        /// m ← β₁ · m + (1 − β₁) · g;  v ← β₂ · v + (1 − β₂) · g²;  w ← w − η · m / c₁ / (√(v / c₂) + ε)
        case adam(
            beta1: Float, beta2: Float, epsilon: Float, correction1: Float, correction2: Float, isDecoupled: Bool)
    }

    package var learningRate: Float
    package var weightDecay: Float
    package var rule: Rule

    package init(learningRate: Float, weightDecay: Float, rule: Rule) {
        self.learningRate = learningRate
        self.weightDecay = weightDecay
        self.rule = rule
    }

    /// Moments that a parameter needs: 0, 1 or 2.
    package var momentCount: Int {
        switch rule {
        case .descent(let momentum, _): momentum == 0 ? 0 : 1
        case .adam: 2
        }
    }
}
