import KernelTypes

/// Brings each channel or feature to mean 0 and deviation 1: over the batch in training, by the running moments in a
/// test.
final class BatchNormalizationStage: Stage {
    private let input: Activation
    private let output: Activation
    private let scale: Parameter
    private let shift: Parameter
    private let runningMean: Parameter
    private let runningVariance: Parameter
    private let epsilon: Float
    private let momentum: Float
    /// The batch's mean and 1 / √(variance + ε) of each channel; `nil` in a test.
    private let moments: (mean: FloatBuffer, inverseDeviation: FloatBuffer)?

    /// - Parameter parameters: Scale, shift, running mean and running variance.
    init(
        input: Activation, output: Activation, parameters: [Parameter], epsilon: Double, momentum: Double, trains: Bool
    ) {
        self.input = input
        self.output = output
        scale = parameters[0]
        shift = parameters[1]
        runningMean = parameters[2]
        runningVariance = parameters[3]
        self.epsilon = Float(epsilon)
        self.momentum = Float(momentum)
        let count = paddedToLanes(input.shape.channels)
        moments = trains ? (FloatBuffer(count: count), FloatBuffer(count: count)) : nil
    }

    private func shape(_ pass: Pass) -> BatchNormalizationShape {
        BatchNormalizationShape(
            channels: input.shape.channels, positions: input.shape.count / input.shape.channels,
            isBatchInnermost: input.shape.isImage, count: pass.count, epsilon: epsilon)
    }

    func forward(_ pass: Pass) {
        pass.run(
            pass.kernels.normalizeBatch,
            BatchNormalizationForward(
                shape: shape(pass), input: input.values.constant, output: output.values.pointer,
                scale: scale.values.constant, shift: shift.values.constant, runningMean: runningMean.values.pointer,
                runningVariance: runningVariance.values.pointer,
                batchMoments: moments.map { ($0.mean.pointer, $0.inverseDeviation.pointer) }, momentum: momentum))
    }

    func backward(_ pass: Pass, step: OptimizerStep?) {
        guard let gradient = output.gradient, let moments else { return }
        pass.run(
            pass.kernels.batchNormalizationGradient,
            BatchNormalizationGradient(
                shape: shape(pass), input: input.values.constant, outputGradient: gradient.constant,
                inputGradient: input.gradient?.pointer, mask: input.mask, mean: moments.mean.constant,
                inverseDeviation: moments.inverseDeviation.constant, scale: scale.update(step: step),
                shift: shift.update(step: step)))
    }
}
