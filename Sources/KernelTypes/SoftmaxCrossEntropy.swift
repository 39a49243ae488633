/// Softmax, cross-entropy and its gradient, sample-major.
package struct SoftmaxCrossEntropy: Operation {
    package static let name = "softmax and cross-entropy"

    package var count: Int
    package var classes: Int
    /// sample × classes, padded to whole vectors.
    package var logits: UnsafePointer<Float>
    /// One per sample.
    package var labels: UnsafePointer<UInt16>
    /// Share of the target that is spread evenly over all classes, 0…1.
    package var labelSmoothing: Float
    /// Cross-entropy in nats, one per sample.
    package var losses: UnsafeMutablePointer<Float>
    /// The class with the largest logit, the first of several; one per sample.
    package var predictions: UnsafeMutablePointer<UInt16>
    /// Laid out as the logits: the gradient of the batch's mean loss. `nil` in a test.
    package var gradient: UnsafeMutablePointer<Float>?
    /// sample × classes without padding. `nil` in training.
    package var probabilities: UnsafeMutablePointer<Float>?

    package init(
        count: Int, classes: Int, logits: UnsafePointer<Float>, labels: UnsafePointer<UInt16>, labelSmoothing: Float,
        losses: UnsafeMutablePointer<Float>, predictions: UnsafeMutablePointer<UInt16>,
        gradient: UnsafeMutablePointer<Float>?, probabilities: UnsafeMutablePointer<Float>?
    ) {
        self.count = count
        self.classes = classes
        self.logits = logits
        self.labels = labels
        self.labelSmoothing = labelSmoothing
        self.losses = losses
        self.predictions = predictions
        self.gradient = gradient
        self.probabilities = probabilities
    }

    /// A unit is 16 samples.
    @inlinable package var unitCount: Int { (count + lanes - 1) / lanes }
}
