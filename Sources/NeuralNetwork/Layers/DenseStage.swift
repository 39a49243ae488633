import KernelTypes

/// output = bias + input · weights, and ReLU if the next layer is one.
final class DenseStage: Stage {
    private let input: Activation
    private let output: Activation
    private let weights: Parameter
    private let bias: Parameter
    /// outputs × inputs, for the input's gradient.
    private let transposed: FloatBuffer?

    init(input: Activation, output: Activation, weights: Parameter, bias: Parameter) {
        self.input = input
        self.output = output
        self.weights = weights
        self.bias = bias
        transposed =
            input.gradient == nil
            ? nil : FloatBuffer(count: paddedToLanes(input.shape.count) * paddedToLanes(output.shape.count))
    }

    private var inputWidth: Int { paddedToLanes(input.shape.count) }
    private var outputWidth: Int { paddedToLanes(output.shape.count) }

    func forward(_ pass: Pass) {
        pass.run(
            pass.kernels.multiply,
            MatrixProduct(
                rows: pass.count, depth: input.shape.count, columns: outputWidth,
                left: input.values.constant, leftRowStride: inputWidth, leftDepthStride: 1,
                right: weights.values.constant,
                use: .output(output.values.pointer, bias: bias.values.constant, rectifies: output.isRectified),
                rowsPerUnit: 5))
    }

    func backward(_ pass: Pass, step: OptimizerStep?) {
        guard let gradient = output.gradient else { return }
        if let inputGradient = input.gradient, let transposed {
            pass.run(
                pass.kernels.transpose,
                Transposition(
                    source: weights.values.constant, sourceRows: input.shape.count, sourceColumns: output.shape.count,
                    sourceStride: outputWidth, target: transposed.pointer, targetStride: inputWidth))
            pass.run(
                pass.kernels.multiply,
                MatrixProduct(
                    rows: pass.count, depth: output.shape.count, columns: inputWidth,
                    left: gradient.constant, leftRowStride: outputWidth, leftDepthStride: 1,
                    right: transposed.constant, use: .gradient(inputGradient.pointer, mask: input.mask),
                    rowsPerUnit: 5))
        }
        pass.run(
            pass.kernels.multiply,
            MatrixProduct(
                rows: input.shape.count, depth: pass.count, columns: outputWidth,
                left: input.values.constant, leftRowStride: 1, leftDepthStride: inputWidth,
                right: gradient.constant, use: .update(weights.update(step: step)), rowsPerUnit: 100))
        pass.run(
            pass.kernels.sumColumns,
            ColumnSums(
                rows: pass.count, columns: outputWidth, values: gradient.constant, update: bias.update(step: step)))
    }
}
