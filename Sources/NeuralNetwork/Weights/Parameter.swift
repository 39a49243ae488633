import KernelTypes

/// One tensor of a layer, in the layout that the kernels use.
final class Parameter {
    let name: String
    /// As PyTorch has it: dense [outputs, inputs], convolution [outputs, inputs, height, width], others [outputs].
    let shape: [Int]
    /// Whether steps of the optimiser change it.
    let isTrainable: Bool
    let values: FloatBuffer
    /// What the optimiser remembers of each number; allocated when it remembers something.
    private(set) var firstMoment: FloatBuffer?
    private(set) var secondMoment: FloatBuffer?
    /// Where gradients are kept, when they are kept.
    var gradient: FloatBuffer?

    /// Dense weights are transposed, inputs × outputs, and padded to whole vectors; so that a vector holds 16 outputs.
    private let isTransposed: Bool

    init(_ tensor: TensorShape) {
        name = tensor.name
        shape = tensor.weight.shape
        isTrainable = tensor.weight.isTrainable
        isTransposed = shape.count == 2
        values = FloatBuffer(count: Self.paddedCount(shape))
    }

    /// Numbers that a tensor of a shape takes in memory.
    static func paddedCount(_ shape: [Int]) -> Int {
        shape.count == 2 ? shape[1] * paddedToLanes(shape[0]) : paddedToLanes(shape.reduce(1, *))
    }

    /// Numbers without padding.
    var count: Int { shape.reduce(1, *) }

    /// In PyTorch's layout.
    func tensor(of buffer: FloatBuffer) -> Tensor {
        let values = [Float](unsafeUninitializedCapacity: count) { target, written in
            copy(buffer, to: target)
            written = count
        }
        return Tensor(name: name, shape: shape, values: values)
    }

    /// - Parameter target: In PyTorch's layout; `count` numbers.
    func copy(_ buffer: FloatBuffer, to target: UnsafeMutableBufferPointer<Float>) {
        guard let target = target.baseAddress else { return }
        guard isTransposed else {
            target.update(from: buffer.pointer, count: count)
            return
        }
        let (outputs, inputs, width) = (shape[0], shape[1], paddedToLanes(shape[0]))
        // A vector's outputs at a time, so that no line of the cache is read more than once.
        for first in stride(from: 0, to: outputs, by: lanes) {
            for input in 0..<inputs {
                for output in first..<min(first + lanes, outputs) {
                    target[output * inputs + input] = buffer.pointer[input * width + output]
                }
            }
        }
    }

    /// Takes over values in PyTorch's layout; as many as `count`.
    func set(_ newValues: [Float]) { write(newValues, to: values) }

    private func write(_ newValues: [Float], to buffer: FloatBuffer) {
        guard isTransposed else {
            buffer.pointer.update(from: newValues, count: count)
            return
        }
        let (outputs, inputs, width) = (shape[0], shape[1], paddedToLanes(shape[0]))
        newValues.withUnsafeBufferPointer { source in
            // As in `copy`.
            for first in stride(from: 0, to: outputs, by: lanes) {
                for input in 0..<inputs {
                    for output in first..<min(first + lanes, outputs) {
                        buffer.pointer[input * width + output] = source[output * inputs + input]
                    }
                }
            }
        }
    }

    /// Fills it with a stream's numbers, in the order of PyTorch's layout, uniform in ±bound.
    func fill(with stream: RandomStream, bound: Float, kernels: KernelSet) {
        let fill = UniformFill(
            bound: bound, counter: stream.counter(0), key: stream.key, rows: isTransposed ? shape[0] : 1,
            columns: isTransposed ? shape[1] : count, values: values.pointer, rowStride: isTransposed ? 1 : count,
            columnStride: isTransposed ? paddedToLanes(shape[0]) : 1)
        for unit in 0..<fill.unitCount { kernels.run(.uniformFill(fill), unit) }
    }

    func update(step: OptimizerStep?) -> ParameterUpdate {
        let moments = step?.momentCount ?? 0
        if moments > 0 && firstMoment == nil { firstMoment = FloatBuffer(count: values.count) }
        if moments > 1 && secondMoment == nil { secondMoment = FloatBuffer(count: values.count) }
        return ParameterUpdate(
            values: values.pointer, firstMoment: moments > 0 ? firstMoment?.pointer : nil,
            secondMoment: moments > 1 ? secondMoment?.pointer : nil, gradient: gradient?.pointer, step: step)
    }

    /// The optimiser's memory, with names after this one.
    var moments: [(name: String, buffer: FloatBuffer)] {
        [("first_moment", firstMoment), ("second_moment", secondMoment)].compactMap { kind, buffer in
            buffer.map { ("\(kind).\(name)", $0) }
        }
    }

    /// Takes over what `moments` gave.
    ///
    /// - Throws: `WeightsError` when it is not of this tensor's shape.
    func setMoments(_ tensors: [String: Tensor]) throws {
        func buffer(_ kind: String) throws -> FloatBuffer? {
            guard let tensor = tensors["\(kind).\(name)"] else { return nil }
            guard tensor.shape == shape else {
                throw WeightsError.shape(tensor.name, found: tensor.shape, needed: shape)
            }
            guard tensor.values.count == count else {
                throw WeightsError.count(tensor.name, found: tensor.values.count, needed: count)
            }
            let buffer = FloatBuffer(count: values.count)
            write(tensor.values, to: buffer)
            return buffer
        }
        (firstMoment, secondMoment) = (try buffer("first_moment"), try buffer("second_moment"))
    }
}
