import KernelTypes
import Samples

/// The images of one batch on their way through a plan, and what became of them.
final class Batch {
    /// Of the samples in the batch, in nats.
    let losses: FloatBuffer
    /// Of the samples in the batch.
    let predictions: UnsafeMutablePointer<UInt16>
    private let indices: UnsafeMutablePointer<Int32>
    private let labels: UnsafeMutablePointer<UInt16>
    /// Images that are not taken as they are, in the shape that the network takes.
    private lazy var fitted = ByteBuffer(count: capacity * shape.count)
    private let shape: ImageShape
    private let capacity: Int
    /// Of each pixel, padded to whole vectors.
    private let scales: FloatBuffer
    private let offsets: FloatBuffer

    /// - Parameters:
    ///   - shape: The network's input.
    ///   - standardization: Checked by `Architecture.check(_:_:)`.
    init(capacity: Int, shape: ImageShape, standardization: Standardization) {
        self.capacity = capacity
        self.shape = shape
        scales = FloatBuffer(count: paddedToLanes(shape.count))
        offsets = FloatBuffer(count: paddedToLanes(shape.count))
        for pixel in 0..<shape.count {
            let channel = pixel / (shape.height * shape.width)
            scales.pointer[pixel] = standardization.scale(ofChannel: channel)
            offsets.pointer[pixel] = standardization.offset(ofChannel: channel)
        }
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
    ///   - placements: One per image; `nil` for images as they are.
    ///   - labelSmoothing: Share of the target that is spread evenly over all classes.
    ///   - needsGradient: Whether the logits' gradient is computed too.
    ///   - probabilities: Where each class's probability is written, sample × classes.
    func forward(
        _ order: ArraySlice<Int32>, of images: LabeledImages, placements: [ImagePlacement]? = nil,
        labelSmoothing: Double = 0, plan: Plan, pass: Pass, needsGradient: Bool,
        probabilities: UnsafeMutablePointer<Float>? = nil
    ) {
        for (position, index) in order.enumerated() {
            indices[position] = index
            labels[position] = images.labels[Int(index)]
        }
        images.pixels.withUnsafeBufferPointer { pixels in
            guard let pixels = pixels.baseAddress else { return }
            let fitting = ImageFitting(source: images.shape, target: shape)
            guard placements != nil || fitting.source != fitting.target else {
                gather(pixels, plan, pass)
                return
            }
            let (indices, fitted) = (indices, fitted)
            pass.team.run(pass.count) { position in
                fitting.fit(
                    pixels + Int(indices[position]) * fitting.source.count,
                    placements.map { $0[position] } ?? ImagePlacement(),
                    to: fitted.pointer + position * fitting.target.count)
            }
            for position in 0..<pass.count { indices[position] = Int32(position) }
            gather(fitted.pointer, plan, pass)
        }
        plan.forward(pass)
        pass.run(
            .softmaxCrossEntropy(
                SoftmaxCrossEntropy(
                    count: pass.count, classes: plan.logits.shape.count, logits: plan.logits.values.constant,
                    labels: labels, labelSmoothing: Float(labelSmoothing), losses: losses.pointer,
                    predictions: predictions,
                    gradient: needsGradient ? plan.logits.gradient?.pointer : nil, probabilities: probabilities)))
    }

    /// - Parameter pixels: Of all images that `indices` counts.
    private func gather(_ pixels: UnsafePointer<UInt8>, _ plan: Plan, _ pass: Pass) {
        pass.run(
            .gather(
                Gather(
                    pixels: pixels, pixelsPerImage: shape.count, indices: indices, count: pass.count,
                    scales: scales.constant, offsets: offsets.constant, output: plan.input.values.pointer,
                    outputStride: plan.isInputBatchInnermost ? pass.batch : paddedToLanes(shape.count),
                    isBatchInnermost: plan.isInputBatchInnermost)))
    }

    /// Of the first `count` samples, added in their order.
    func lossSum(_ count: Int) -> Double { (0..<count).reduce(0) { $0 + Double(losses.pointer[$1]) } }

    /// Samples among the first `count` whose prediction is their label.
    func correct(_ count: Int) -> Int { (0..<count).count { predictions[$0] == labels[$0] } }
}

/// Bytes at a fixed address.
private final class ByteBuffer {
    let pointer: UnsafeMutablePointer<UInt8>

    init(count: Int) {
        pointer = .allocate(capacity: count)
    }

    deinit {
        pointer.deallocate()
    }
}
