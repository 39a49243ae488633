import KernelTypes

/// In training, each value is zero with probability `rate`, the others are scaled by 1 / (1 − rate).
///
/// Which values become zero depends on the seed, the layer and the step alone.
struct Dropout: LayerKind {
    var rate: Double

    static let typeName = "dropout"
    static let settings = CodingKeys.allCases.map(\.rawValue)

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case rate
    }

    var layer: Layer { .dropout(self) }

    func output(for input: LayerShape) throws -> LayerShape {
        guard (0..<1).contains(rate) else { throw LayerMisfit(reason: "the rate must be at least 0 and below 1") }
        return input
    }

    func isComputed(from input: LayerShape, trains: Bool) -> Bool { trains && rate > 0 }

    func workingSpace(from input: PlannedStage.Flow, to output: LayerShape, batchSize: Int) -> Int {
        input.shape.bufferCount(batchSize: batchSize)
    }

    func stage(at place: StagePlace) throws -> any Stage { DropoutStage(self, place) }
}

extension Layer {
    static func dropout(rate: Double) -> Layer { .dropout(Dropout(rate: rate)) }
}

private final class DropoutStage: Stage {
    private let input: Signal
    private let output: Signal
    private let rate: Double
    private let stream: RandomStream
    /// 0 or 1 / (1 − rate), laid out as the input.
    private let factors: FloatBuffer

    init(_ settings: Dropout, _ place: StagePlace) {
        input = place.input
        output = place.output
        rate = settings.rate
        stream = RandomStream(seed: place.seed, name: "dropout \(place.number)")
        factors = FloatBuffer(count: input.values.count)
    }

    /// y = x · factors.
    func forward(_ pass: Pass) {
        let count = input.count(in: pass)
        pass.run(
            .dropoutFactors(
                DropoutFactors(
                    rate: rate, counter: stream.counter(UInt64(pass.step) << 32), key: stream.key,
                    factors: factors.pointer, count: count)))
        pass.run(
            .scaling(
                Scaling(
                    input: input.values.constant, factors: factors.constant, output: output.values.pointer, mask: nil,
                    count: count)))
    }

    /// ∂x = ∂y · factors.
    func backward(_ pass: Pass, step: OptimizerStep?) {
        guard let gradient = output.gradient, let inputGradient = input.gradient else { return }
        pass.run(
            .scaling(
                Scaling(
                    input: gradient.constant, factors: factors.constant, output: inputGradient.pointer,
                    mask: input.mask,
                    count: input.count(in: pass))))
    }
}
