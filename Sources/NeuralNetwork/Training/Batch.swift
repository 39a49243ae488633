import KernelTypes

/// The images of one batch on their way through a plan, and what became of them.
final class Batch {
    /// Of the samples in the batch, in nats.
    let losses: FloatBuffer
    /// Of the samples in the batch.
    let predictions: UnsafeMutablePointer<UInt8>
    private let indices: UnsafeMutablePointer<Int32>
    private let labels: UnsafeMutablePointer<UInt8>
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        losses = FloatBuffer(count: capacity)
        predictions = .allocate(capacity: capacity)
        indices = .allocate(capacity: capacity)
        labels = .allocate(capacity: capacity)
        predictions.initialize(repeating: 0, count: capacity)
        indices.initialize(repeating: 0, count: capacity)
        labels.initialize(repeating: 0, count: capacity)
    }

    deinit {
        predictions.deallocate()
        indices.deallocate()
        labels.deallocate()
    }

    /// Gathers images into a plan's input and computes logits, losses and predictions.
    ///
    /// - Parameters:
    ///   - order: Positions of the images; at most `capacity`.
    ///   - needsGradient: Whether the logits' gradient is computed too.
    ///   - probabilities: Where each class's probability is written, sample × classes.
    func forward(
        _ order: ArraySlice<Int32>, of images: LabeledImages, standardization: Standardization, plan: Plan, pass: Pass,
        needsGradient: Bool, probabilities: UnsafeMutablePointer<Float>? = nil
    ) {
        for (position, index) in order.enumerated() {
            indices[position] = index
            labels[position] = images.labels[Int(index)]
        }
        let size = images.shape.count
        images.pixels.withUnsafeBufferPointer { pixels in
            guard let pixels = pixels.baseAddress else { return }
            pass.run(
                pass.kernels.gather,
                Gather(
                    pixels: pixels, pixelsPerImage: size, indices: indices, count: pass.count,
                    scale: standardization.scale, offset: standardization.offset, output: plan.input.values.pointer,
                    outputStride: plan.isInputBatchInnermost ? pass.batch : paddedToLanes(size),
                    isBatchInnermost: plan.isInputBatchInnermost))
        }
        plan.forward(pass)
        pass.run(
            pass.kernels.softmaxCrossEntropy,
            SoftmaxCrossEntropy(
                count: pass.count, classes: plan.logits.shape.count, logits: plan.logits.values.constant,
                labels: labels, losses: losses.pointer, predictions: predictions,
                gradient: needsGradient ? plan.logits.gradient?.pointer : nil, probabilities: probabilities))
    }

    /// Of the first `count` samples, added in their order.
    func lossSum(_ count: Int) -> Double { (0..<count).reduce(0) { $0 + Double(losses.pointer[$1]) } }

    /// Samples among the first `count` whose prediction is their label.
    func correct(_ count: Int) -> Int { (0..<count).count { predictions[$0] == labels[$0] } }
}
