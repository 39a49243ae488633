import KernelTypes

/// The maximum or the mean of square windows.
final class PoolingStage: Stage {
    enum Kind {
        case maximum, average
    }

    private let kind: Kind
    private let input: Activation
    private let inputShape: ImageShape
    private let output: Activation
    private let size: Int
    private let stride: Int

    init(_ kind: Kind, input: Activation, inputShape: ImageShape, output: Activation, size: Int, stride: Int) {
        self.kind = kind
        self.input = input
        self.inputShape = inputShape
        self.output = output
        self.size = size
        self.stride = stride
    }

    private func shape(_ pass: Pass) -> PoolingShape {
        PoolingShape(
            channels: inputShape.channels, inputHeight: inputShape.height, inputWidth: inputShape.width, size: size,
            stride: stride, batch: pass.batch)
    }

    func forward(_ pass: Pass) {
        switch kind {
        case .maximum:
            pass.run(
                pass.kernels.poolMaximum,
                MaximumPooling(shape: shape(pass), input: input.values.constant, output: output.values.pointer))
        case .average:
            pass.run(
                pass.kernels.poolAverage,
                AveragePooling(shape: shape(pass), input: input.values.constant, output: output.values.pointer))
        }
    }

    func backward(_ pass: Pass, step: OptimizerStep?) {
        guard let gradient = output.gradient, let inputGradient = input.gradient else { return }
        switch kind {
        case .maximum:
            pass.run(
                pass.kernels.poolMaximumGradient,
                MaximumPoolingGradient(
                    shape: shape(pass), input: input.values.constant, output: output.values.constant,
                    outputGradient: gradient.constant, inputGradient: inputGradient.pointer,
                    isInputRectified: input.isRectified))
        case .average:
            pass.run(
                pass.kernels.poolAverageGradient,
                AveragePoolingGradient(
                    shape: shape(pass), outputGradient: gradient.constant, inputGradient: inputGradient.pointer,
                    mask: input.mask))
        }
    }
}
