import KernelTypes

/// Every output is a weighted sum of all inputs, and a bias; and ReLU if the next layer is one.
struct Dense: LayerKind {
    var outputs: Int

    static let typeName = "dense"
    static let settings = CodingKeys.allCases.map(\.rawValue)
    static let weightsPrefix: String? = "fc"
    static let isLinear = true

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case outputs
    }

    var layer: Layer { .dense(self) }

    func output(for input: LayerShape) throws -> LayerShape {
        guard !input.isImage else {
            throw LayerMisfit(reason: "it needs a list of features; put a flatten layer before it")
        }
        guard (1...Architecture.largestDimension).contains(outputs) else {
            throw LayerMisfit(reason: "outputs must be between 1 and \(Architecture.largestDimension)")
        }
        return .features(outputs)
    }

    func weightShapes(for input: LayerShape) -> [WeightShape] {
        [WeightShape("weight", [outputs, input.count]), WeightShape("bias", [outputs])]
    }

    func workingSpace(from input: PlannedStage.Flow, to output: LayerShape, batchSize: Int) -> Int {
        input.hasGradient ? saturatingProduct([paddedToLanes(input.shape.count), paddedToLanes(output.count)]) : 0
    }

    func stage(at place: StagePlace) throws -> any Stage { DenseStage(place) }
}

extension Layer {
    static func dense(outputs: Int) -> Layer { .dense(Dense(outputs: outputs)) }
}

private final class DenseStage: Stage {
    private let input: Signal
    private let output: Signal
    /// In memory inputs × outputs, so that a vector holds 16 outputs.
    private let weights: Parameter
    private let bias: Parameter
    /// outputs × inputs, for the input's gradient.
    private let transposed: FloatBuffer?

    init(_ place: StagePlace) {
        input = place.input
        output = place.output
        weights = place.parameters[0]
        bias = place.parameters[1]
        transposed =
            input.gradient == nil
            ? nil : FloatBuffer(count: paddedToLanes(input.shape.count) * paddedToLanes(output.shape.count))
    }

    private var inputWidth: Int { paddedToLanes(input.shape.count) }
    private var outputWidth: Int { paddedToLanes(output.shape.count) }

    /// x [batch × inputs] → y [batch × outputs]: y = b + x · w.
    func forward(_ pass: Pass) {
        pass.run(
            .matrixProduct(
                MatrixProduct(
                    rows: pass.count, depth: input.shape.count, columns: outputWidth,
                    left: input.values.constant, leftRowStride: inputWidth, leftDepthStride: 1,
                    right: weights.values.constant,
                    use: .output(output.values.pointer, bias: bias.values.constant, rectifies: output.isRectified),
                    rowsPerUnit: 5)))
    }

    /// ∂x = ∂y · wᵀ; ∂w = xᵀ · ∂y, ∂b = Σ ∂y over the samples.
    func backward(_ pass: Pass, step: OptimizerStep?) {
        guard let gradient = output.gradient else { return }
        if let inputGradient = input.gradient, let transposed {
            pass.run(
                .transposition(
                    Transposition(
                        source: weights.values.constant, sourceRows: input.shape.count,
                        sourceColumns: output.shape.count,
                        sourceStride: outputWidth, target: transposed.pointer, targetStride: inputWidth)))
            pass.run(
                .matrixProduct(
                    MatrixProduct(
                        rows: pass.count, depth: output.shape.count, columns: inputWidth,
                        left: gradient.constant, leftRowStride: outputWidth, leftDepthStride: 1,
                        right: transposed.constant, use: .gradient(inputGradient.pointer, mask: input.mask),
                        rowsPerUnit: 5)))
        }
        pass.run(
            .matrixProduct(
                MatrixProduct(
                    rows: input.shape.count, depth: pass.count, columns: outputWidth,
                    left: input.values.constant, leftRowStride: 1, leftDepthStride: inputWidth,
                    right: gradient.constant, use: .update(weights.update(step: step)), rowsPerUnit: 100)))
        pass.run(
            .columnSums(
                ColumnSums(
                    rows: pass.count, columns: outputWidth, values: gradient.constant, update: bias.update(step: step)))
        )
    }
}
