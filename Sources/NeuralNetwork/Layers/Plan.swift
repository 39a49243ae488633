import KernelTypes

/// A network laid out in memory for batches of up to a certain size: the order of its stages and what flows between.
final class Plan {
    let input: Signal
    let logits: Signal
    /// The input's layout, which its first layer decides.
    let isInputBatchInnermost: Bool
    /// The outputs of ReLU layers, each with the layer's position in the architecture.
    private(set) var rectified: [(layer: Int, output: Signal)] = []
    private var stages: [any Stage] = []

    /// - Parameters:
    ///   - trains: Whether gradients will be computed, and layers that differ between training and test train.
    ///   - seed: Of the random numbers that layers draw.
    init(_ network: Network, batchSize: Int, trains: Bool, seed: UInt64) throws {
        // A network that begins with flattening reads its images as features at once.
        isInputBatchInnermost = network.architecture.layers.first != .flatten
        let image = network.architecture.input
        input = Signal(
            isInputBatchInnermost ? .image(image) : .features(image.count), batchSize: batchSize, hasGradient: false)
        var current = input
        for stage in try network.architecture.stages(trains: trains) {
            let source = current
            current = Signal(
                stage.output.shape, batchSize: batchSize, hasGradient: stage.output.hasGradient,
                isRectified: stage.rectifies)
            stages.append(
                try stage.layer.kind.stage(
                    at: StagePlace(
                        input: source, output: current, parameters: network.parametersOfLayer[stage.index],
                        batchSize: batchSize, trains: trains, number: stage.index + 1, seed: seed)))
            if stage.rectifies { rectified.append((stage.index + 1, current)) }
            if stage.layer == .relu { rectified.append((stage.index, current)) }
        }
        logits = current
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
            if layer.kind.isComputed(from: flow.shape, trains: trains) {
                let hasWeights = !layer.kind.weightShapes(for: flow.shape).isEmpty
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
