import KernelTypes

/// From images, batch innermost, to features, sample-major.
final class FlattenStage: Stage {
    private let input: Activation
    private let output: Activation

    init(input: Activation, output: Activation) {
        self.input = input
        self.output = output
    }

    private var width: Int { paddedToLanes(output.shape.count) }

    func forward(_ pass: Pass) {
        pass.run(
            pass.kernels.transpose,
            Transposition(
                source: input.values.constant, sourceRows: input.shape.count, sourceColumns: pass.count,
                sourceStride: pass.batch, target: output.values.pointer, targetStride: width))
    }

    func backward(_ pass: Pass, step: OptimizerStep?) {
        guard let gradient = output.gradient, let inputGradient = input.gradient else { return }
        pass.run(
            pass.kernels.transpose,
            Transposition(
                source: gradient.constant, sourceRows: pass.count, sourceColumns: output.shape.count,
                sourceStride: width, target: inputGradient.pointer, targetStride: pass.batch, mask: input.mask))
    }
}
