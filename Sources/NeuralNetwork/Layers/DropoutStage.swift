import KernelTypes

/// Random zeros in training. Which values become zero depends on the seed, the layer and the step alone.
final class DropoutStage: Stage {
    private let input: Activation
    private let output: Activation
    private let rate: Double
    private let stream: RandomStream
    private let factors: FloatBuffer

    init(input: Activation, output: Activation, rate: Double, stream: RandomStream) {
        self.input = input
        self.output = output
        self.rate = rate
        self.stream = stream
        factors = FloatBuffer(count: input.values.count)
    }

    func forward(_ pass: Pass) {
        let count = input.count(in: pass)
        pass.run(
            pass.kernels.drawDropoutFactors,
            DropoutFactors(
                rate: rate, counter: stream.counter(UInt64(pass.step) << 32), key: stream.key,
                factors: factors.pointer, count: count))
        pass.run(
            pass.kernels.scale,
            Scaling(
                input: input.values.constant, factors: factors.constant, output: output.values.pointer, mask: nil,
                count: count))
    }

    func backward(_ pass: Pass, step: OptimizerStep?) {
        guard let gradient = output.gradient, let inputGradient = input.gradient else { return }
        pass.run(
            pass.kernels.scale,
            Scaling(
                input: gradient.constant, factors: factors.constant, output: inputGradient.pointer, mask: input.mask,
                count: input.count(in: pass)))
    }
}
