import KernelTypes

/// max(0, x). After a convolution or a dense layer it is done on the way.
struct ReLU: Activation {
    static let typeName = "relu"

    var layer: Layer { .relu }
    var function: ActivationFunction { .relu }
}

/// x, or slope · x where x is negative.
struct LeakyReLU: Activation {
    var slope = 0.01

    static let typeName = "leaky_relu"
    static let settings = CodingKeys.allCases.map(\.rawValue)

    var layer: Layer { .leakyReLU(self) }
    var function: ActivationFunction { .leakyReLU(slope: Float(slope)) }

    func output(for input: LayerShape) throws -> LayerShape {
        // The backward pass infers the branch from the output's sign.
        guard slope.isFinite, slope >= 0 else { throw LayerMisfit(reason: "the slope must not be negative") }
        return input
    }
}

extension LeakyReLU {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case slope
    }

    init(from decoder: any Decoder) throws {
        try decoder.container(keyedBy: CodingKeys.self).update(&slope, .slope)
    }
}

extension Layer {
    static func leakyReLU(slope: Double = 0.01) -> Layer { .leakyReLU(LeakyReLU(slope: slope)) }
}

/// 1 / (1 + e^−x).
struct Sigmoid: Activation {
    static let typeName = "sigmoid"

    var layer: Layer { .sigmoid }
    var function: ActivationFunction { .sigmoid }
}

/// (e^x − e^−x) / (e^x + e^−x).
struct HyperbolicTangent: Activation {
    static let typeName = "tanh"

    var layer: Layer { .tanh }
    var function: ActivationFunction { .tanh }
}

/// A function of single values, in either layout.
protocol Activation: LayerKind {
    var function: ActivationFunction { get }
}

extension Activation {
    func output(for input: LayerShape) throws -> LayerShape { input }

    func stage(at place: StagePlace) throws -> any Stage { ActivationStage(function, place) }
}

private final class ActivationStage: Stage {
    private let function: ActivationFunction
    private let input: Signal
    private let output: Signal

    init(_ function: ActivationFunction, _ place: StagePlace) {
        self.function = function
        input = place.input
        output = place.output
    }

    /// y = f(x).
    func forward(_ pass: Pass) {
        pass.run(
            .activation(
                ActivationForward(
                    function: function, input: input.values.constant, output: output.values.pointer,
                    count: input.count(in: pass))))
    }

    /// ∂x = ∂y · f′(x), computed from y.
    func backward(_ pass: Pass, step: OptimizerStep?) {
        guard let gradient = output.gradient, let inputGradient = input.gradient else { return }
        pass.run(
            .activationGradient(
                ActivationGradient(
                    function: function, output: output.values.constant, outputGradient: gradient.constant,
                    inputGradient: inputGradient.pointer, mask: input.mask, count: input.count(in: pass))))
    }
}
