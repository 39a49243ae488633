import KernelTypes

/// output = bias + input ∗ weights, and ReLU if the next layer is one.
final class ConvolutionStage: Stage {
    private let input: Activation
    private let output: Activation
    private let weights: Parameter
    private let bias: Parameter
    private let stride: Int
    private let padding: Int
    private let inputShape: ImageShape
    /// The input with its border of zeros, and its gradient; `nil` without padding.
    private let bordered: Activation?

    init(
        input: Activation, inputShape: ImageShape, output: Activation, weights: Parameter, bias: Parameter, stride: Int,
        padding: Int, batchSize: Int
    ) {
        self.input = input
        self.inputShape = inputShape
        self.output = output
        self.weights = weights
        self.bias = bias
        self.stride = stride
        self.padding = padding
        bordered =
            padding == 0
            ? nil
            : Activation(
                .image(
                    ImageShape(
                        channels: inputShape.channels, height: inputShape.height + 2 * padding,
                        width: inputShape.width + 2 * padding)),
                batchSize: batchSize, hasGradient: input.gradient != nil, isRectified: input.isRectified)
    }

    private func shape(_ pass: Pass) -> ConvolutionShape {
        ConvolutionShape(
            inputChannels: inputShape.channels, inputHeight: inputShape.height + 2 * padding,
            inputWidth: inputShape.width + 2 * padding, outputChannels: weights.shape[0],
            kernelHeight: weights.shape[2], kernelWidth: weights.shape[3], stride: stride, batch: pass.batch)
    }

    func forward(_ pass: Pass) {
        if let bordered {
            // Where the border lies depends on the size of the batch: it is cleared each time.
            copyRows(pass, from: input.values.constant, to: bordered.values.pointer, clearsBorder: true)
        }
        pass.run(
            pass.kernels.convolve,
            ConvolutionForward(
                shape: shape(pass), input: (bordered ?? input).values.constant, weights: weights.values.constant,
                bias: bias.values.constant, output: output.values.pointer, rectifies: output.isRectified))
    }

    func backward(_ pass: Pass, step: OptimizerStep?) {
        guard let gradient = output.gradient else { return }
        let source = bordered ?? input
        if let inputGradient = source.gradient {
            pass.run(
                pass.kernels.convolutionInputGradient,
                ConvolutionInputGradient(
                    shape: shape(pass), outputGradient: gradient.constant, weights: weights.values.constant,
                    inputGradient: inputGradient.pointer, mask: source.mask))
            if let bordered, let inner = bordered.gradient, let target = input.gradient {
                copyRows(pass, from: inner.constant, to: target.pointer, clearsBorder: false)
            }
        }
        pass.run(
            pass.kernels.convolutionWeightGradient,
            ConvolutionWeightGradient(
                shape: shape(pass), input: source.values.constant, outputGradient: gradient.constant,
                weights: weights.update(step: step), bias: bias.update(step: step)))
    }

    /// Copies an image into its border (`clearsBorder`) or out of it, a channel a unit.
    private func copyRows(
        _ pass: Pass, from source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, clearsBorder: Bool
    ) {
        let (height, width, batch) = (inputShape.height, inputShape.width, pass.batch)
        let (outerHeight, outerWidth) = (height + 2 * padding, width + 2 * padding)
        pass.team.run(inputShape.channels) { channel in
            let outer = channel * outerHeight * outerWidth * batch
            if clearsBorder { (target + outer).update(repeating: 0, count: outerHeight * outerWidth * batch) }
            for row in 0..<height {
                let inner = (channel * height + row) * width * batch
                let framed = outer + ((row + padding) * outerWidth + padding) * batch
                if clearsBorder {
                    (target + framed).update(from: source + inner, count: width * batch)
                } else {
                    (target + inner).update(from: source + framed, count: width * batch)
                }
            }
        }
    }
}
