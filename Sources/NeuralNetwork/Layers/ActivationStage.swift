import KernelTypes

/// A function of single values: ReLU where no layer before it can do it on the way, and others.
final class ActivationStage: Stage {
    private let input: Activation
    private let output: Activation
    private let function: ActivationFunction

    init(input: Activation, output: Activation, function: ActivationFunction) {
        self.input = input
        self.output = output
        self.function = function
    }

    func forward(_ pass: Pass) {
        pass.run(
            pass.kernels.activate,
            ActivationForward(
                function: function, input: input.values.constant, output: output.values.pointer,
                count: input.count(in: pass)))
    }

    func backward(_ pass: Pass, step: OptimizerStep?) {
        guard let gradient = output.gradient, let inputGradient = input.gradient else { return }
        pass.run(
            pass.kernels.activationGradient,
            ActivationGradient(
                function: function, output: output.values.constant, outputGradient: gradient.constant,
                inputGradient: inputGradient.pointer, mask: input.mask, count: input.count(in: pass)))
    }
}

extension ActivationFunction {
    /// `nil` for layers of other kinds.
    init?(_ layer: Layer) {
        switch layer {
        case .relu: self = .relu
        case .leakyReLU(let slope): self = .leakyReLU(slope: Float(slope))
        case .sigmoid: self = .sigmoid
        case .tanh: self = .tanh
        default: return nil
        }
    }
}
