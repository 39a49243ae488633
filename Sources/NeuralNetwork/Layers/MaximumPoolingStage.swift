import KernelTypes

/// The maximum of square windows.
final class MaximumPoolingStage: Stage {
    private let input: Activation
    private let inputShape: ImageShape
    private let output: Activation
    private let size: Int
    private let stride: Int

    init(input: Activation, inputShape: ImageShape, output: Activation, size: Int, stride: Int) {
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
        pass.run(
            pass.kernels.poolMaximum,
            MaximumPooling(shape: shape(pass), input: input.values.constant, output: output.values.pointer))
    }

    func backward(_ pass: Pass, step: DescentStep) {
        guard let gradient = output.gradient, let inputGradient = input.gradient else { return }
        pass.run(
            pass.kernels.poolMaximumGradient,
            MaximumPoolingGradient(
                shape: shape(pass), input: input.values.constant, output: output.values.constant,
                outputGradient: gradient.constant, inputGradient: inputGradient.pointer,
                isInputRectified: input.isRectified))
    }
}
