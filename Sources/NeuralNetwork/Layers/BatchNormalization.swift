import KernelTypes

/// Each channel or feature is brought to mean 0 and deviation 1, then scaled and shifted: over the batch in training, by
/// the running moments in a test.
///
/// - Source: Ioffe and Szegedy, “Batch normalization”, 2015; defaults and running averages as PyTorch's.
struct BatchNormalization: LayerKind {
    var epsilon = 1e-5
    /// Share of a batch's moments in the running ones.
    var momentum = 0.1

    static let typeName = "batch_norm"
    static let settings = CodingKeys.allCases.map(\.rawValue)
    static let weightsPrefix: String? = "bn"

    var layer: Layer { .batchNormalization(self) }

    func output(for input: LayerShape) throws -> LayerShape {
        guard epsilon.isFinite, epsilon > 0, (0...1).contains(momentum) else {
            throw LayerMisfit(reason: "epsilon must be above 0, the momentum between 0 and 1")
        }
        return input
    }

    func weightShapes(for input: LayerShape) -> [WeightShape] {
        [
            WeightShape("weight", [input.channels]), WeightShape("bias", [input.channels]),
            WeightShape("running_mean", [input.channels], isTrainable: false),
            WeightShape("running_var", [input.channels], isTrainable: false),
        ]
    }

    func stage(at place: StagePlace) throws -> any Stage { BatchNormalizationStage(self, place) }
}

extension BatchNormalization {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case epsilon, momentum
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try values.update(&epsilon, .epsilon)
        try values.update(&momentum, .momentum)
    }
}

extension Layer {
    static func batchNormalization(epsilon: Double = 1e-5, momentum: Double = 0.1) -> Layer {
        .batchNormalization(BatchNormalization(epsilon: epsilon, momentum: momentum))
    }
}

private final class BatchNormalizationStage: Stage {
    private let input: Signal
    private let output: Signal
    private let scale: Parameter
    private let shift: Parameter
    private let runningMean: Parameter
    private let runningVariance: Parameter
    private let epsilon: Float
    private let momentum: Float
    /// The batch's mean and 1 / √(variance + ε) of each channel; `nil` in a test.
    private let moments: (mean: FloatBuffer, inverseDeviation: FloatBuffer)?

    init(_ settings: BatchNormalization, _ place: StagePlace) {
        input = place.input
        output = place.output
        scale = place.parameters[0]
        shift = place.parameters[1]
        runningMean = place.parameters[2]
        runningVariance = place.parameters[3]
        epsilon = Float(settings.epsilon)
        momentum = Float(settings.momentum)
        let count = paddedToLanes(input.shape.channels)
        moments = place.trains ? (FloatBuffer(count: count), FloatBuffer(count: count)) : nil
    }

    private func shape(_ pass: Pass) -> BatchNormalizationShape {
        BatchNormalizationShape(
            channels: input.shape.channels, positions: input.shape.count / input.shape.channels,
            isBatchInnermost: input.shape.isImage, count: pass.count, epsilon: epsilon)
    }

    /// y = scale · (x − mean) / √(variance + ε) + shift, each of the four per channel.
    func forward(_ pass: Pass) {
        pass.run(
            .batchNormalization(
                BatchNormalizationForward(
                    shape: shape(pass), input: input.values.constant, output: output.values.pointer,
                    scale: scale.values.constant, shift: shift.values.constant, runningMean: runningMean.values.pointer,
                    runningVariance: runningVariance.values.pointer,
                    batchMoments: moments.map { ($0.mean.pointer, $0.inverseDeviation.pointer) }, momentum: momentum)))
    }

    /// The batch's moments depend on x too: the formula stands above the kernel.
    func backward(_ pass: Pass, step: OptimizerStep?) {
        guard let gradient = output.gradient, let moments else { return }
        pass.run(
            .batchNormalizationGradient(
                BatchNormalizationGradient(
                    shape: shape(pass), input: input.values.constant, outputGradient: gradient.constant,
                    inputGradient: input.gradient?.pointer, mask: input.mask, mean: moments.mean.constant,
                    inverseDeviation: moments.inverseDeviation.constant, scale: scale.update(step: step),
                    shift: shift.update(step: step))))
    }
}
