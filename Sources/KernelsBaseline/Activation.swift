import KernelTypes

/// One unit of an activation function.
func activate(_ operation: ActivationForward, unit: Int) {
    forEachVector(of: operation.count, unit: unit) { position in
        let x = load(operation.input + position)
        let y: Lanes =
            switch operation.function {
            case .relu: x.rectified
            case .leakyReLU(let slope): x.replacing(with: x * slope, where: x .< 0)
            case .sigmoid: 1 / (1 + exponential(-x))
            // (e^2x − 1) / (e^2x + 1), in a form that can't overflow.
            case .tanh: 1 - 2 / (exponential(x + x) + 1)
            }
        store(y, operation.output + position)
    }
}

/// One unit of an activation function's gradient by its input.
func activationGradient(_ operation: ActivationGradient, unit: Int) {
    forEachVector(of: operation.count, unit: unit) { position in
        let y = load(operation.output + position)
        let gradient = load(operation.outputGradient + position)
        var result: Lanes =
            switch operation.function {
            case .relu: gradient.masked(by: y)
            case .leakyReLU(let slope): gradient.replacing(with: gradient * slope, where: y .< 0)
            case .sigmoid: gradient * (y - y * y)
            case .tanh: gradient * (1 - y * y)
            }
        if let mask = operation.mask { result = result.masked(by: load(mask + position)) }
        store(result, operation.inputGradient + position)
    }
}

/// One unit of a multiplication with factors.
func scale(_ operation: Scaling, unit: Int) {
    forEachVector(of: operation.count, unit: unit) { position in
        var result = load(operation.input + position) * load(operation.factors + position)
        if let mask = operation.mask { result = result.masked(by: load(mask + position)) }
        store(result, operation.output + position)
    }
}

/// One unit of a sum of squares.
func sumSquares(_ operation: SquareSums, unit: Int) {
    var sum = SIMD8<Double>()
    forEachVector(of: operation.count, unit: unit) { position in
        let vector = load(operation.values + position)
        let (low, high) = (SIMD8<Double>(vector.lowHalf), SIMD8<Double>(vector.highHalf))
        sum += low * low
        sum += high * high
    }
    let four = sum.lowHalf + sum.highHalf
    let two = four.lowHalf + four.highHalf
    operation.sums[unit] = two.x + two.y
}

/// Calls `body` with the position of each vector of a unit.
@inline(__always)
func forEachVector(of count: Int, unit: Int, _ body: (_ position: Int) -> Void) {
    var position = unit * elementsPerUnit
    let end = min(count, position + elementsPerUnit)
    while position < end {
        body(position)
        position += lanes
    }
}
