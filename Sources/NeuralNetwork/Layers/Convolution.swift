import KernelTypes
import Samples

/// Cross-correlation with square kernels, as PyTorch's `Conv2d`: output = bias + input ∗ weights, and ReLU if the next
/// layer is one.
struct Convolution: LayerKind {
    var outputs: Int
    var kernel: Int
    var stride = 1
    /// Zeros on each side of the input.
    var padding = 0

    static let typeName = "conv2d"
    static let settings = CodingKeys.allCases.map(\.rawValue)
    static let weightsPrefix: String? = "conv"
    static let isLinear = true

    var layer: Layer { .convolution(self) }

    func output(for input: LayerShape) throws -> LayerShape {
        let image = try input.image()
        try LayerMisfit.check([outputs, kernel, stride], "outputs, kernel and stride")
        guard (0..<kernel).contains(padding) else {
            throw LayerMisfit(reason: "the padding must be at least 0 and smaller than the kernel")
        }
        return .image(try image.padded(by: padding).windows(of: kernel, stride: stride, channels: outputs))
    }

    func weightShapes(for input: LayerShape) -> [WeightShape] {
        [WeightShape("weight", [outputs, input.channels, kernel, kernel]), WeightShape("bias", [outputs])]
    }

    func workingSpace(from input: PlannedStage.Flow, to output: LayerShape, batchSize: Int) -> Int {
        guard padding > 0, case .image(let image) = input.shape else { return 0 }
        let bordered = LayerShape.image(image.padded(by: padding)).bufferCount(batchSize: batchSize)
        return saturatingProduct([input.hasGradient ? 2 : 1, bordered])
    }

    func stage(at place: StagePlace) throws -> any Stage {
        ConvolutionStage(self, image: try place.input.shape.image(), place)
    }
}

extension Convolution {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case outputs, kernel, stride, padding
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        outputs = try values.decode(Int.self, forKey: .outputs)
        kernel = try values.decode(Int.self, forKey: .kernel)
        try values.update(&stride, .stride)
        try values.update(&padding, .padding)
    }
}

extension Layer {
    static func convolution(outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0) -> Layer {
        .convolution(Convolution(outputs: outputs, kernel: kernel, stride: stride, padding: padding))
    }
}

private final class ConvolutionStage: Stage {
    private let settings: Convolution
    /// The input's shape, without the border.
    private let image: ImageShape
    private let input: Signal
    private let output: Signal
    /// outputs × inputs × kernel × kernel.
    private let weights: Parameter
    private let bias: Parameter
    /// The input with its border of zeros, and its gradient; `nil` without padding.
    private let bordered: Signal?

    init(_ settings: Convolution, image: ImageShape, _ place: StagePlace) {
        self.settings = settings
        self.image = image
        input = place.input
        output = place.output
        weights = place.parameters[0]
        bias = place.parameters[1]
        bordered =
            settings.padding == 0
            ? nil
            : Signal(
                .image(image.padded(by: settings.padding)), batchSize: place.batchSize,
                hasGradient: input.gradient != nil, isRectified: input.isRectified)
    }

    private func shape(_ pass: Pass) -> ConvolutionShape {
        let padded = image.padded(by: settings.padding)
        return ConvolutionShape(
            inputChannels: image.channels, inputHeight: padded.height, inputWidth: padded.width,
            outputChannels: settings.outputs, kernelHeight: settings.kernel, kernelWidth: settings.kernel,
            stride: settings.stride, batch: pass.batch)
    }

    /// x [inputs × height × width × batch] → y [outputs × height′ × width′ × batch]: y = b + w ∗ x.
    func forward(_ pass: Pass) {
        if let bordered {
            // Where the border lies depends on the size of the batch: it is cleared each time.
            copyRows(pass, from: input.values.constant, to: bordered.values.pointer, clearsBorder: true)
        }
        pass.run(
            .convolution(
                ConvolutionForward(
                    shape: shape(pass), input: (bordered ?? input).values.constant, weights: weights.values.constant,
                    bias: bias.values.constant, output: output.values.pointer, rectifies: output.isRectified)))
    }

    /// ∂x = ∂y ∗ w turned by 180°; ∂w = x ∗ ∂y, ∂b = Σ ∂y, over all samples and positions.
    func backward(_ pass: Pass, step: OptimizerStep?) {
        guard let gradient = output.gradient else { return }
        let source = bordered ?? input
        if let inputGradient = source.gradient {
            pass.run(
                .convolutionInputGradient(
                    ConvolutionInputGradient(
                        shape: shape(pass), outputGradient: gradient.constant, weights: weights.values.constant,
                        inputGradient: inputGradient.pointer, mask: source.mask)))
            if let inner = bordered?.gradient, let target = input.gradient {
                copyRows(pass, from: inner.constant, to: target.pointer, clearsBorder: false)
            }
        }
        pass.run(
            .convolutionWeightGradient(
                ConvolutionWeightGradient(
                    shape: shape(pass), input: source.values.constant, outputGradient: gradient.constant,
                    weights: weights.update(step: step), bias: bias.update(step: step))))
    }

    /// Copies an image into its border (`clearsBorder`) or out of it; a unit is a channel.
    private func copyRows(
        _ pass: Pass, from source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, clearsBorder: Bool
    ) {
        let (height, width, batch, padding) = (image.height, image.width, pass.batch, settings.padding)
        let (outerHeight, outerWidth) = (height + 2 * padding, width + 2 * padding)
        pass.team.run(image.channels) { channel in
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
