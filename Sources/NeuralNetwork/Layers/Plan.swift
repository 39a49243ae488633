import KernelTypes

/// A network laid out in memory for batches of up to a certain size: the order of its stages and what flows between.
final class Plan {
    let input: Activation
    let logits: Activation
    /// The input's layout, which its first layer decides.
    let isInputBatchInnermost: Bool
    /// The outputs of ReLU layers, each with the layer's position in the architecture.
    private(set) var rectified: [(layer: Int, output: Activation)] = []
    private var stages: [any Stage] = []

    /// - Parameters:
    ///   - trains: Whether gradients will be computed, and layers that differ between training and test train.
    ///   - seed: Of the random numbers that layers draw.
    init(_ network: Network, batchSize: Int, trains: Bool, seed: UInt64) throws {
        // A network that begins with flattening reads its images as features at once.
        isInputBatchInnermost = network.architecture.layers.first != .flatten
        let image = network.architecture.input
        input = Activation(
            isInputBatchInnermost ? .image(image) : .features(image.count), batchSize: batchSize, hasGradient: false)
        var current = input
        for stage in try network.architecture.stages(trains: trains) {
            let source = current
            current = Activation(
                stage.output.shape, batchSize: batchSize, hasGradient: stage.output.hasGradient,
                isRectified: stage.rectifies)
            stages.append(
                Self.stage(
                    stage.layer, from: source, to: current, parameters: network.parametersOfLayer[stage.index],
                    batchSize: batchSize, trains: trains,
                    stream: RandomStream(seed: seed, name: "dropout \(stage.index + 1)")))
            if stage.rectifies { rectified.append((stage.index + 1, current)) }
            if stage.layer == .relu { rectified.append((stage.index, current)) }
        }
        logits = current
    }

    private static func stage(
        _ layer: Layer, from input: Activation, to output: Activation, parameters: [Parameter], batchSize: Int,
        trains: Bool, stream: RandomStream
    ) -> any Stage {
        if let function = ActivationFunction(layer) {
            return ActivationStage(input: input, output: output, function: function)
        }
        switch (layer, input.shape) {
        case (.convolution(_, _, let stride, let padding), .image(let shape)):
            return ConvolutionStage(
                input: input, inputShape: shape, output: output, weights: parameters[0], bias: parameters[1],
                stride: stride, padding: padding, batchSize: batchSize)
        case (.maximumPooling(let size, let stride), .image(let shape)):
            return PoolingStage(
                .maximum, input: input, inputShape: shape, output: output, size: size, stride: stride)
        case (.averagePooling(let size, let stride), .image(let shape)):
            return PoolingStage(
                .average, input: input, inputShape: shape, output: output, size: size, stride: stride)
        case (.localResponseNormalization(let size, let alpha, let beta, let k), .image(let shape)):
            return ResponseNormalizationStage(
                input: input, inputShape: shape, output: output, size: size, alpha: alpha, beta: beta, k: k)
        case (.batchNormalization(let epsilon, let momentum), _):
            return BatchNormalizationStage(
                input: input, output: output, parameters: parameters, epsilon: epsilon, momentum: momentum,
                trains: trains)
        case (.dense, _):
            return DenseStage(input: input, output: output, weights: parameters[0], bias: parameters[1])
        case (.dropout(let rate), _):
            return DropoutStage(input: input, output: output, rate: rate, stream: stream)
        default:
            // All else was refused with the architecture, so this is an image to flatten.
            return FlattenStage(input: input, output: output)
        }
    }

    func forward(_ pass: Pass) {
        for stage in stages { stage.forward(pass) }
    }

    /// From the gradient of the logits to a step with all weights, unless it is `nil`.
    func backward(_ pass: Pass, step: OptimizerStep?) {
        for stage in stages.reversed() { stage.backward(pass, step: step) }
    }
}

/// A layer that computes something, and what flows into and out of it.
struct PlannedStage {
    struct Flow {
        var shape: LayerShape
        /// Whether the loss's gradient flows back: not in a test, and not to the network's input.
        var hasGradient: Bool
    }

    /// The layer's position in the architecture.
    let index: Int
    let layer: Layer
    let input: Flow
    let output: Flow
    /// Whether it does the ReLU that follows it on the way.
    let rectifies: Bool
}

extension Architecture {
    /// The layers in the order in which they compute, without those that do nothing.
    func stages(trains: Bool) throws -> [PlannedStage] {
        let shapes = try shapes()
        var stages: [PlannedStage] = []
        // A network that begins with flattening reads its images as features at once.
        var flow = PlannedStage.Flow(
            shape: layers.first == .flatten ? .features(input.count) : .image(input), hasGradient: false)
        var index = 0
        while index < layers.count {
            let layer = layers[index]
            // A linear layer does a ReLU that follows it on the way.
            let rectifies = layer.isLinear && index + 1 < layers.count && layers[index + 1] == .relu
            if layer.isComputed(from: flow.shape, trains: trains) {
                let hasWeights = !layer.weightShapes(for: flow.shape).isEmpty
                let output = PlannedStage.Flow(
                    shape: shapes[index], hasGradient: trains && (flow.hasGradient || hasWeights))
                stages.append(
                    PlannedStage(index: index, layer: layer, input: flow, output: output, rectifies: rectifies))
                flow = output
            }
            index += rectifies ? 2 : 1
        }
        return stages
    }
}

extension Layer {
    /// Whether it does anything: features are flat already, and a test drops nothing out.
    fileprivate func isComputed(from input: LayerShape, trains: Bool) -> Bool {
        switch self {
        case .flatten: input.isImage
        case .dropout(let rate): trains && rate > 0
        default: true
        }
    }
}
