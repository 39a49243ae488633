import KernelTypes

extension ParameterUpdate {
    /// Keeps the gradients, where they are kept, and makes the step of 16 values from an index on.
    @inline(__always)
    func apply(_ gradient: Lanes, at index: Int) {
        if let kept = self.gradient { store(gradient, kept + index) }
        makeStep(gradient, at: index)
    }

    @inline(never)
    func makeStep(_ gradient: Lanes, at index: Int) {
        guard let step else { return }
        var moments = Moments(
            first: firstMoment.map { load($0 + index) }, second: secondMoment.map { load($0 + index) })
        store(step.next(load(values + index), gradient, &moments), values + index)
        if let firstMoment { store(moments.first, firstMoment + index) }
        if let secondMoment { store(moments.second, secondMoment + index) }
    }

    /// The same for one value.
    @inline(never)
    func apply(_ gradient: Float, at index: Int) {
        self.gradient?[index] = gradient
        guard let step else { return }
        var moments = Moments(first: firstMoment?[index], second: secondMoment?[index])
        values[index] = step.next(Lanes(repeating: values[index]), Lanes(repeating: gradient), &moments)[0]
        firstMoment?[index] = moments.first[0]
        secondMoment?[index] = moments.second[0]
    }
}

/// What an optimiser remembers of 16 values; zero where it remembers nothing.
private struct Moments {
    var first: Lanes
    var second: Lanes

    @inline(__always)
    init(first: Lanes?, second: Lanes?) {
        self.first = first ?? Lanes()
        self.second = second ?? Lanes()
    }

    @inline(__always)
    init(first: Float?, second: Float?) {
        self.first = Lanes(repeating: first ?? 0)
        self.second = Lanes(repeating: second ?? 0)
    }
}

extension OptimizerStep {
    /// The weights after the step.
    @inline(__always)
    fileprivate func next(_ weights: Lanes, _ gradient: Lanes, _ moments: inout Moments) -> Lanes {
        let rate = Lanes(repeating: -learningRate)
        let decay = Lanes(repeating: weightDecay)
        switch rule {
        case .descent(let momentum, let isNesterov):
            let decayed = gradient.fused(decay, weights)
            moments.first = decayed.fused(Lanes(repeating: momentum), moments.first)
            let direction = isNesterov ? decayed.fused(Lanes(repeating: momentum), moments.first) : moments.first
            return weights.fused(rate, direction)
        case .adam(let beta1, let beta2, let epsilon, let correction1, let correction2, let isDecoupled):
            let decayed = isDecoupled ? gradient : gradient.fused(decay, weights)
            let shrunk = isDecoupled ? weights.fused(rate * decay, weights) : weights
            moments.first = (decayed * (1 - beta1)).fused(Lanes(repeating: beta1), moments.first)
            moments.second = (decayed * decayed * (1 - beta2)).fused(Lanes(repeating: beta2), moments.second)
            let deviation = (moments.second / correction2).squareRoot() + epsilon
            return shrunk.fused(rate, moments.first / correction1 / deviation)
        }
    }
}
