import KernelTypes

/// A network laid out in memory for batches of up to a certain size: the order of its stages and what flows between.
final class Plan {
    let input: Activation
    let logits: Activation
    /// The input's layout, which its first layer decides.
    let isInputBatchInnermost: Bool
    private let stages: [any Stage]

    /// - Parameter trains: Whether gradients will be computed.
    init(_ network: Network, batchSize: Int, trains: Bool) throws {
        let layers = network.architecture.layers
        let shapes = try network.architecture.shapes()
        var parameters = network.parameters[...]
        var stages: [any Stage] = []
        // A network that begins with flattening reads its images as features at once.
        isInputBatchInnermost = layers.first != .flatten
        let image = network.architecture.input
        input = Activation(
            isInputBatchInnermost ? .image(image) : .features(image.count), batchSize: batchSize, hasGradient: false)
        var current = input
        var index = 0
        while index < layers.count {
            let layer = layers[index]
            // A layer with weights does a ReLU that follows it on the way.
            let rectifies = layer.weightsPrefix != nil && index + 1 < layers.count && layers[index + 1] == .relu
            let source = current
            let needsGradient = trains && (source.gradient != nil || layer.weightsPrefix != nil)
            let output = Activation(
                shapes[index], batchSize: batchSize, hasGradient: needsGradient, isRectified: rectifies)
            current = output
            switch (layer, source.shape) {
            case (.convolution(_, _, let stride, let padding), .image(let shape)):
                stages.append(
                    ConvolutionStage(
                        input: source, inputShape: shape, output: output, weights: parameters.removeFirst(),
                        bias: parameters.removeFirst(), stride: stride, padding: padding, batchSize: batchSize))
            case (.maximumPooling(let size, let stride), .image(let shape)):
                stages.append(
                    MaximumPoolingStage(input: source, inputShape: shape, output: output, size: size, stride: stride))
            case (.dense, _):
                stages.append(
                    DenseStage(
                        input: source, output: output, weights: parameters.removeFirst(),
                        bias: parameters.removeFirst()))
            case (.flatten, .image): stages.append(FlattenStage(input: source, output: output))
            case (.relu, _): stages.append(ReLUStage(input: source, output: output))
            default: current = source  // Features are flat already; all else was refused with the architecture.
            }
            index += rectifies ? 2 : 1
        }
        logits = current
        self.stages = stages
    }

    func forward(_ pass: Pass) {
        for stage in stages { stage.forward(pass) }
    }

    /// From the gradient of the logits to a step with all weights.
    func backward(_ pass: Pass, step: DescentStep) {
        for stage in stages.reversed() { stage.backward(pass, step: step) }
    }
}
