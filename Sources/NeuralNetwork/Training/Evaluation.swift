/// What a network makes of labelled images.
public struct Evaluation: Sendable {
    /// Images.
    public let count: Int
    /// Those whose prediction is their label.
    public let correct: Int
    /// Mean cross-entropy, in nats.
    public let meanLoss: Double
    /// The most probable class of each image.
    public let predictions: [UInt16]
    /// Cross-entropy of each image, in nats.
    public let losses: [Float]
    /// image × class.
    public let probabilities: [Float]
    /// Of each ReLU layer, by its position in the architecture: the share of its units, channels or features, that were
    /// zero for all images.
    public let deadShares: [Int: Double]
    /// Wall time.
    public let seconds: Double
}

/// What an epoch of training was like.
public struct EpochReport: Sendable {
    public let learningRate: Double
    /// Mean cross-entropy of all images, each before the step that learned from it, in nats.
    public let meanLoss: Double
    /// Images that were correctly classified before the step that learned from them.
    public let correct: Int
    /// Wall time.
    public let seconds: Double
    /// The first step whose loss was not finite, or the last one if the weights are not after it; counted from 1.
    public let firstNonFiniteStep: Int?
    /// Of each layer with weights, by its position in the architecture: ‖gradient‖ in the epoch's last step.
    public let gradientNorms: [Int: Double]
}

/// What a step of training was like.
public struct StepReport: Sendable {
    /// Counts from 0 in each epoch.
    public let index: Int
    /// Images of this epoch seen so far, this batch's included.
    public let samplesSeen: Int
    public let batchSize: Int
    /// Mean cross-entropy of the batch before the step, in nats.
    public let loss: Double
}

/// Whether an epoch goes on after a step.
public enum Continuation: Sendable {
    case proceed, stop
}
