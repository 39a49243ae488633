import KernelTypes

/// A layer at work: it has an input and an output, and memory for batches up to a certain size.
protocol Stage: AnyObject {
    /// Computes the output from the input.
    func forward(_ pass: Pass)

    /// From the output's gradient, computes the input's gradient where there is one, then makes a step with the weights
    /// unless it is `nil`.
    func backward(_ pass: Pass, step: OptimizerStep?)
}

/// Where a layer computes, and for what.
struct StagePlace {
    let input: Signal
    let output: Signal
    /// Its weights, in the order of `LayerKind.weightShapes`.
    let parameters: [Parameter]
    /// Samples that a batch has at most.
    let batchSize: Int
    /// Whether gradients will be computed, and a layer that differs between training and test trains.
    let trains: Bool
    /// The layer's position in the architecture, from 1.
    let number: Int
    /// Of the random numbers that the layer draws.
    let seed: UInt64
}

/// What the layers need to compute one batch.
struct Pass {
    let team: ThreadTeam
    let kernels: KernelSet
    /// Samples of the batch.
    let count: Int
    /// Steps of the training before this one, over all epochs: what random numbers are drawn by.
    var step = 0

    /// Samples with padding to whole vectors.
    var batch: Int { paddedToLanes(count) }

    /// Computes all units of an operation.
    func run(_ operation: KernelOperation) {
        team.run(operation.unitCount) { kernels.run(operation, $0) }
    }
}
