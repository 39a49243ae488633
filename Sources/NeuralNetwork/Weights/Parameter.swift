import KernelTypes

/// Weights or biases of a layer, in the layout that the kernels use.
final class Parameter {
    let name: String
    /// As PyTorch has it: dense [outputs, inputs], convolution [outputs, inputs, height, width], bias [outputs].
    let shape: [Int]
    let values: FloatBuffer
    /// The optimiser's velocity; allocated when there is momentum.
    var velocity: FloatBuffer?
    /// Where gradients are kept, when they are kept.
    var gradient: FloatBuffer?
    /// Inputs that each of the layer's outputs sums up.
    let fanIn: Int

    /// Dense weights are transposed, inputs × outputs, and padded to whole vectors; so that a vector holds 16 outputs.
    private let isTransposed: Bool

    init(name: String, shape: [Int], fanIn: Int) {
        self.name = name
        self.shape = shape
        self.fanIn = fanIn
        isTransposed = shape.count == 2
        values = FloatBuffer(
            count: isTransposed ? shape[1] * paddedToLanes(shape[0]) : paddedToLanes(shape.reduce(1, *)))
    }

    /// Numbers without padding.
    var count: Int { shape.reduce(1, *) }

    /// Where the number at `index` in PyTorch's layout stands in ours.
    private func position(of index: Int) -> Int {
        guard isTransposed else { return index }
        let (output, input) = index.quotientAndRemainder(dividingBy: shape[1])
        return input * paddedToLanes(shape[0]) + output
    }

    /// In PyTorch's layout.
    func tensor(of buffer: FloatBuffer) -> Tensor {
        Tensor(name: name, shape: shape, values: (0..<count).map { buffer.pointer[position(of: $0)] })
    }

    /// Takes over values in PyTorch's layout; as many as `count`.
    func set(_ newValues: [Float]) {
        for (index, value) in newValues.enumerated() { values.pointer[position(of: index)] = value }
    }

    func update(step: DescentStep) -> ParameterUpdate {
        if step.momentum != 0 && velocity == nil { velocity = FloatBuffer(count: values.count) }
        return ParameterUpdate(
            values: values.pointer, velocity: step.momentum == 0 ? nil : velocity?.pointer,
            gradient: gradient?.pointer, step: step)
    }
}
