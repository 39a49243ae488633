import KernelTypes

/// Local response normalisation over neighbouring channels.
final class ResponseNormalizationStage: Stage {
    private let input: Activation
    private let inputShape: ImageShape
    private let output: Activation
    private let constants: (size: Int, alpha: Float, beta: Float, k: Float)
    private let sums: FloatBuffer

    init(
        input: Activation, inputShape: ImageShape, output: Activation, size: Int, alpha: Double, beta: Double, k: Double
    ) {
        self.input = input
        self.inputShape = inputShape
        self.output = output
        constants = (size, Float(alpha), Float(beta), Float(k))
        sums = FloatBuffer(count: input.values.count)
    }

    private func operation(_ pass: Pass) -> ResponseNormalization {
        ResponseNormalization(
            channels: inputShape.channels, positions: inputShape.height * inputShape.width, batch: pass.batch,
            size: constants.size, alpha: constants.alpha, beta: constants.beta, k: constants.k,
            input: input.values.constant, output: output.values.pointer, sums: sums.pointer)
    }

    func forward(_ pass: Pass) {
        pass.run(pass.kernels.normalizeResponse, operation(pass))
    }

    func backward(_ pass: Pass, step: OptimizerStep?) {
        guard let gradient = output.gradient, let inputGradient = input.gradient else { return }
        var operation = operation(pass)
        operation.gradients = (gradient.constant, inputGradient.pointer)
        operation.mask = input.mask
        pass.run(pass.kernels.normalizeResponse, operation)
    }
}
