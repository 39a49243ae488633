import KernelTypes
import Samples

/// Each value is divided by (k + α/size · Σ x²)^β over `size` neighbouring channels.
///
/// - Source: Krizhevsky, Sutskever and Hinton, “ImageNet classification …”, 2012; defaults as PyTorch's.
struct LocalResponseNormalization: LayerKind {
    var size: Int
    var alpha = 1e-4
    var beta = 0.75
    var k = 1.0

    static let typeName = "local_response_norm"
    static let settings = CodingKeys.allCases.map(\.rawValue)

    var layer: Layer { .localResponseNormalization(self) }

    func output(for input: LayerShape) throws -> LayerShape {
        _ = try input.image()
        try LayerMisfit.check([size], "the size")
        guard alpha.isFinite, beta.isFinite, k.isFinite, alpha >= 0, beta >= 0, k > 0 else {
            throw LayerMisfit(reason: "alpha and beta must not be negative, k must be above 0")
        }
        return input
    }

    func workingSpace(from input: PlannedStage.Flow, to output: LayerShape, batchSize: Int) -> Int {
        input.shape.bufferCount(batchSize: batchSize)
    }

    func stage(at place: StagePlace) throws -> any Stage {
        LocalResponseNormalizationStage(self, image: try place.input.shape.image(), place)
    }
}

extension LocalResponseNormalization {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case size, alpha, beta, k
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        size = try values.decode(Int.self, forKey: .size)
        try values.update(&alpha, .alpha)
        try values.update(&beta, .beta)
        try values.update(&k, .k)
    }
}

extension Layer {
    static func localResponseNormalization(
        size: Int, alpha: Double = 1e-4, beta: Double = 0.75, k: Double = 1
    ) -> Layer {
        .localResponseNormalization(LocalResponseNormalization(size: size, alpha: alpha, beta: beta, k: k))
    }
}

private final class LocalResponseNormalizationStage: Stage {
    private let settings: LocalResponseNormalization
    private let image: ImageShape
    private let input: Signal
    private let output: Signal
    /// k + α/size · Σ x², laid out as the input.
    private let sums: FloatBuffer

    init(_ settings: LocalResponseNormalization, image: ImageShape, _ place: StagePlace) {
        self.settings = settings
        self.image = image
        input = place.input
        output = place.output
        sums = FloatBuffer(count: input.values.count)
    }

    private func operation(_ pass: Pass) -> ResponseNormalization {
        ResponseNormalization(
            channels: image.channels, positions: image.height * image.width, batch: pass.batch, size: settings.size,
            alpha: Float(settings.alpha), beta: Float(settings.beta), k: Float(settings.k),
            input: input.values.constant, output: output.values.pointer, sums: sums.pointer)
    }

    /// y = x / s^β with the sums s, all of them channels × height × width × batch.
    func forward(_ pass: Pass) {
        pass.run(.responseNormalization(operation(pass)))
    }

    /// Each x stands in its neighbours' sums too: ∂xᵢ = ∂yᵢ · sᵢ^−β − 2αβ/size · xᵢ · Σⱼ ∂yⱼ · yⱼ / sⱼ.
    func backward(_ pass: Pass, step: OptimizerStep?) {
        guard let gradient = output.gradient, let inputGradient = input.gradient else { return }
        var operation = operation(pass)
        operation.gradients = (gradient.constant, inputGradient.pointer)
        operation.mask = input.mask
        pass.run(.responseNormalization(operation))
    }
}
