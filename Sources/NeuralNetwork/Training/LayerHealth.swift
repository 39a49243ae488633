import KernelTypes

/// Which units of the ReLU layers, channels or features, were ever positive.
struct UnitActivity {
    /// By the layer's position in the architecture.
    private var isActive: [Int: [Bool]] = [:]

    /// Looks at the units that were zero so far.
    mutating func observe(_ plan: Plan, _ pass: Pass) {
        for (layer, output) in plan.rectified {
            let channels = output.shape.channels
            let values = output.values.constant
            var active = isActive[layer] ?? [Bool](repeating: false, count: channels)
            for unit in 0..<channels where !active[unit] {
                active[unit] =
                    switch output.shape {
                    case .image(let shape):
                        (0..<shape.height * shape.width).contains { position in
                            let start = (unit * shape.height * shape.width + position) * pass.batch
                            return (start..<start + pass.count).contains { values[$0] > 0 }
                        }
                    case .features(let count):
                        (0..<pass.count).contains { values[$0 * paddedToLanes(count) + unit] > 0 }
                    }
            }
            isActive[layer] = active
        }
    }

    /// Of each layer, the share of its units that were never positive.
    var deadShares: [Int: Double] {
        isActive.mapValues { active in Double(active.count { !$0 }) / Double(max(active.count, 1)) }
    }
}

extension Network {
    /// Makes room for gradients, so that a backward pass keeps them.
    func keepGradients() {
        for parameter in parameters where parameter.isTrainable {
            parameter.gradient = FloatBuffer(count: parameter.values.count)
        }
    }

    /// Gives the room back.
    func dropGradients() {
        for parameter in parameters { parameter.gradient = nil }
    }

    /// Of the gradients that are kept: the norm over each layer's weights, by its position in the architecture.
    func gradientNorms(_ pass: Pass) -> [Int: Double] {
        var norms: [Int: Double] = [:]
        for (layer, parameters) in parametersOfLayer.enumerated() {
            let gradients = parameters.compactMap(\.gradient)
            guard !gradients.isEmpty else { continue }
            norms[layer] = gradients.reduce(0) { $0 + $1.sumOfSquares(pass) }.squareRoot()
        }
        return norms
    }

    /// Whether every weight is a finite number.
    func isFinite(_ pass: Pass) -> Bool { parameters.allSatisfy { $0.values.sumOfSquares(pass).isFinite } }
}

extension FloatBuffer {
    /// Finite exactly when every number is: no square of a float leaves the range of double precision.
    fileprivate func sumOfSquares(_ pass: Pass) -> Double {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: count / elementsPerUnit + 1) { sums in
            guard let start = sums.baseAddress else { return 0 }
            let operation = SquareSums(values: constant, count: count, sums: start)
            pass.run(.squareSums(operation))
            return (0..<operation.unitCount).reduce(0) { $0 + start[$1] }
        }
    }
}
