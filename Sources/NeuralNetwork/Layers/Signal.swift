import KernelTypes

/// What flows from a layer to the next, and the loss's gradient that flows back.
///
/// Images lie batch innermost (channel × height × width × batch), features sample-major (sample × feature). The innermost
/// dimension is padded to whole vectors.
final class Signal {
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
        let count = shape.bufferCount(batchSize: batchSize)
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
