import KernelTypes

/// channels × height × width → features, in that order.
struct Flatten: LayerKind {
    static let typeName = "flatten"

    var layer: Layer { .flatten }

    func output(for input: LayerShape) throws -> LayerShape { .features(input.count) }

    /// Features are flat already.
    func isComputed(from input: LayerShape, trains: Bool) -> Bool { input.isImage }

    func stage(at place: StagePlace) throws -> any Stage { FlattenStage(place) }
}

private final class FlattenStage: Stage {
    private let input: Signal
    private let output: Signal

    init(_ place: StagePlace) {
        input = place.input
        output = place.output
    }

    private var width: Int { paddedToLanes(output.shape.count) }

    /// x [features × batch] → y [batch × features]: from the layout of images to that of features.
    func forward(_ pass: Pass) {
        pass.run(
            .transposition(
                Transposition(
                    source: input.values.constant, sourceRows: input.shape.count, sourceColumns: pass.count,
                    sourceStride: pass.batch, target: output.values.pointer, targetStride: width)))
    }

    /// The way back.
    func backward(_ pass: Pass, step: OptimizerStep?) {
        guard let gradient = output.gradient, let inputGradient = input.gradient else { return }
        pass.run(
            .transposition(
                Transposition(
                    source: gradient.constant, sourceRows: pass.count, sourceColumns: output.shape.count,
                    sourceStride: width, target: inputGradient.pointer, targetStride: pass.batch, mask: input.mask)))
    }
}
