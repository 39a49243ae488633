import KernelTypes

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
    func run<Task: Operation>(_ kernel: KernelSet.Kernel<Task>, _ operation: Task) {
        team.run(operation.unitCount) { kernel(operation, $0) }
    }
}

/// What flows from a layer to the next, and the loss's gradient that flows back.
///
/// Images lie batch innermost, features sample-major.
final class Activation {
    let shape: LayerShape
    let values: FloatBuffer
    /// `nil` where no gradient is needed: in a test, and for the network's input.
    let gradient: FloatBuffer?
    /// Whether the values went through a ReLU. The layer that takes them then has to zero its gradient where they are
    /// not positive.
    let isRectified: Bool

    init(_ shape: LayerShape, batchSize: Int, hasGradient: Bool, isRectified: Bool = false) {
        self.shape = shape
        self.isRectified = isRectified
        let count = paddedToLanes(batchSize) * paddedToLanes(shape.count)
        values = FloatBuffer(count: count)
        gradient = hasGradient ? FloatBuffer(count: count) : nil
    }

    /// Floats in use for a batch: those of images are contiguous over the batch, those of features over the width.
    func count(in pass: Pass) -> Int {
        switch shape {
        case .image(let shape): shape.count * pass.batch
        case .features(let count): pass.count * paddedToLanes(count)
        }
    }

    /// What the gradient's zeros are read from.
    var mask: UnsafePointer<Float>? { isRectified ? values.constant : nil }
}

/// A layer at work: it has an input and an output, and memory for batches up to a certain size.
protocol Stage: AnyObject {
    /// Computes the output from the input.
    func forward(_ pass: Pass)

    /// From the output's gradient, computes the input's gradient where there is one, then makes a step with the weights
    /// unless it is `nil`.
    func backward(_ pass: Pass, step: OptimizerStep?)
}
