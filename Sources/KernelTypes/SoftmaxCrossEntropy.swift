/// Softmax, cross-entropy and its gradient, sample-major.
@frozen public struct SoftmaxCrossEntropy: Operation {
    public static let name = "softmax and cross-entropy"

    public var count: Int
    public var classes: Int
    /// sample × classes, padded to whole vectors.
    public var logits: UnsafePointer<Float>
    /// One a sample.
    public var labels: UnsafePointer<UInt16>
    /// Share of the target that is spread evenly over all classes, 0…1.
    public var labelSmoothing: Float
    /// Cross-entropy in nats, one a sample.
    public var losses: UnsafeMutablePointer<Float>
    /// The class with the largest logit, the first of several; one a sample.
    public var predictions: UnsafeMutablePointer<UInt16>
    /// Laid out as the logits: the gradient of the batch's mean loss. `nil` in a test.
    public var gradient: UnsafeMutablePointer<Float>?
    /// sample × classes without padding. `nil` in training.
    public var probabilities: UnsafeMutablePointer<Float>?

    public init(
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
    @inlinable public var unitCount: Int { (count + lanes - 1) / lanes }
}
