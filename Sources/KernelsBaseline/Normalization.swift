import KernelTypes

/// One unit of a batch normalisation: a channel, or 16 features.
func normalizeBatch(_ operation: BatchNormalizationForward, unit: Int) {
    let shape = operation.shape
    let values = UnitValues(shape, unit: unit)
    let number = Float(shape.count * shape.positions)
    let mean: Lanes
    let inverse: Lanes
    if let moments = operation.batchMoments {
        mean = values.sum { load(operation.input + $0) } / number
        let variance =
            values.sum { position in
                let distance = load(operation.input + position) - mean
                return distance * distance
            } / number
        inverse = 1 / (variance + shape.epsilon).squareRoot()
        values.put(mean, moments.mean)
        values.put(inverse, moments.inverseDeviation)
        let kept = Lanes(repeating: 1 - operation.momentum)
        let unbiased = variance * (number / max(number - 1, 1))
        values.put(
            (mean * operation.momentum).fused(kept, values.get(operation.runningMean)), operation.runningMean)
        values.put(
            (unbiased * operation.momentum).fused(kept, values.get(operation.runningVariance)),
            operation.runningVariance)
    } else {
        mean = values.get(operation.runningMean)
        inverse = 1 / (values.get(operation.runningVariance) + shape.epsilon).squareRoot()
    }
    let (scale, shift) = (values.get(operation.scale), values.get(operation.shift))
    values.forEach { position, _ in
        store(
            shift.fused((load(operation.input + position) - mean) * inverse, scale), operation.output + position)
    }
}

/// One unit of a batch normalisation's gradients: a channel, or 16 features.
///
/// With x̂ the normalised input and n values: ∂shift = Σ ∂y, ∂scale = Σ ∂y·x̂, and
/// ∂x = scale / √(variance + ε) · (∂y − ∂shift / n − x̂ · ∂scale / n).
func batchNormalizationGradient(_ operation: BatchNormalizationGradient, unit: Int) {
    let shape = operation.shape
    let values = UnitValues(shape, unit: unit)
    let number = Float(shape.count * shape.positions)
    let (mean, inverse) = (values.get(operation.mean), values.get(operation.inverseDeviation))
    let shiftGradient = values.sum { load(operation.outputGradient + $0) }
    let scaleGradient = values.sum { position in
        load(operation.outputGradient + position) * ((load(operation.input + position) - mean) * inverse)
    }
    if let inputGradient = operation.inputGradient {
        let factor = values.get(operation.scale.values) * inverse
        let (meanShift, meanScale) = (shiftGradient / number, scaleGradient / number)
        values.forEach { position, padding in
            let normalized = (load(operation.input + position) - mean) * inverse
            let centred = load(operation.outputGradient + position) - meanShift
            var gradient = factor * centred.fused(-normalized, meanScale)
            gradient.replace(with: 0, where: padding)
            if let mask = operation.mask { gradient = gradient.masked(by: load(mask + position)) }
            store(gradient, inputGradient + position)
        }
    }
    if shape.isBatchInnermost {
        operation.scale.apply(scaleGradient[0], at: unit)
        operation.shift.apply(shiftGradient[0], at: unit)
    } else {
        operation.scale.apply(scaleGradient, at: unit * lanes)
        operation.shift.apply(shiftGradient, at: unit * lanes)
    }
}

/// The values that a unit of batch normalisation runs over, in both layouts: a channel's pixels of all samples, with the
/// same sum in all lanes; or 16 features of all samples, with a sum in each lane.
private struct UnitValues {
    let shape: BatchNormalizationShape
    let unit: Int

    @inline(__always)
    init(_ shape: BatchNormalizationShape, unit: Int) {
        self.shape = shape
        self.unit = unit
    }

    /// Calls `body` with each vector's position and the lanes in it that only pad.
    @inline(__always)
    func forEach(_ body: (_ position: Int, _ padding: SIMDMask<SIMD16<Int32>>) -> Void) {
        if shape.isBatchInnermost {
            let batch = paddedToLanes(shape.count)
            let start = unit * shape.positions * batch
            for row in stride(from: start, to: start + shape.positions * batch, by: batch) {
                for vector in stride(from: 0, to: batch, by: lanes) {
                    body(row + vector, laneNumbers .>= Float(shape.count - vector))
                }
            }
        } else {
            let width = paddedToLanes(shape.channels)
            for sample in 0..<shape.count {
                body(sample * width + unit * lanes, laneNumbers .>= Float(shape.channels - unit * lanes))
            }
        }
    }

    @inline(__always)
    func sum(_ value: (_ position: Int) -> Lanes) -> Lanes {
        var sum = Lanes()
        forEach { position, padding in sum += value(position).replacing(with: 0, where: padding) }
        return shape.isBatchInnermost ? Lanes(repeating: sum.total) : sum
    }

    /// The unit's part of what there is one of a channel.
    @inline(__always)
    func get(_ pointer: UnsafePointer<Float>) -> Lanes {
        shape.isBatchInnermost ? Lanes(repeating: pointer[unit]) : load(pointer + unit * lanes)
    }

    @inline(__always)
    func get(_ pointer: UnsafeMutablePointer<Float>) -> Lanes { get(UnsafePointer(pointer)) }

    @inline(__always)
    func put(_ vector: Lanes, _ pointer: UnsafeMutablePointer<Float>) {
        if shape.isBatchInnermost { pointer[unit] = vector[0] } else { store(vector, pointer + unit * lanes) }
    }
}

/// One unit of a local response normalisation, forward or backward: a pixel in all channels.
func normalizeResponse(_ operation: ResponseNormalization, unit position: Int) {
    let plane = operation.positions * operation.batch
    let (before, after) = (operation.size / 2, (operation.size - 1) / 2)
    for vector in stride(from: position * operation.batch, to: (position + 1) * operation.batch, by: lanes) {
        for channel in 0..<operation.channels {
            let index = channel * plane + vector
            if let gradients = operation.gradients {
                // Those whose window reaches this channel.
                var sum = Lanes()
                for other in max(0, channel - after)..<min(operation.channels, channel + before + 1) {
                    let place = other * plane + vector
                    sum = sum.fused(
                        load(gradients.output + place) * load(UnsafePointer(operation.output) + place),
                        1 / load(UnsafePointer(operation.sums) + place))
                }
                let power = exponential(logarithm(load(UnsafePointer(operation.sums) + index)) * -operation.beta)
                let factor = -2 * operation.alpha * operation.beta / Float(operation.size)
                var gradient = (load(gradients.output + index) * power)
                    .fused(load(operation.input + index) * factor, sum)
                if let mask = operation.mask { gradient = gradient.masked(by: load(mask + index)) }
                store(gradient, gradients.input + index)
            } else {
                var sum = Lanes()
                for other in max(0, channel - before)..<min(operation.channels, channel + after + 1) {
                    let value = load(operation.input + other * plane + vector)
                    sum = sum.fused(value, value)
                }
                let scaled = Lanes(repeating: operation.k)
                    .fused(sum, Lanes(repeating: operation.alpha / Float(operation.size)))
                store(scaled, operation.sums + index)
                let power = exponential(logarithm(scaled) * -operation.beta)
                store(load(operation.input + index) * power, operation.output + index)
            }
        }
    }
}
