import KernelTypes

extension ParameterUpdate {
    /// Makes the step, or keeps the gradient, of one value.
    @inline(__always)
    func apply(_ gradient: Float, at index: Int) {
        if let kept = self.gradient {
            kept[index] = gradient
            return
        }
        var step = gradient.addingProduct(self.step.weightDecay, values[index])
        if let velocity {
            step.addProduct(self.step.momentum, velocity[index])
            velocity[index] = step
        }
        values[index].addProduct(-self.step.learningRate, step)
    }

    /// Makes the step, or keeps the gradients, of 16 values from an index on.
    @inline(__always)
    func apply(_ gradient: Lanes, at index: Int) {
        if let kept = self.gradient {
            store(gradient, kept + index)
            return
        }
        let weights = load(values + index)
        var step = gradient.fused(Lanes(repeating: self.step.weightDecay), weights)
        if let velocity {
            step = step.fused(Lanes(repeating: self.step.momentum), load(velocity + index))
            store(step, velocity + index)
        }
        store(weights.fused(Lanes(repeating: -self.step.learningRate), step), values + index)
    }
}
