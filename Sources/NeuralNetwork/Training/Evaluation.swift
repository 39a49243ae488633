/// What a network makes of labelled images.
package struct Evaluation: Sendable {
    /// Images.
    package let count: Int
    /// Those whose prediction is their label.
    package let correct: Int
    /// Mean cross-entropy, in nats.
    package let meanLoss: Double
    /// The most probable class of each image.
    package let predictions: [UInt16]
    /// Cross-entropy of each image, in nats.
    package let losses: [Float]
    /// image × class.
    package let probabilities: [Float]
    /// Of each ReLU layer, by its position in the architecture: the share of its units, channels or features, that were
    /// zero for all images.
    package let deadShares: [Int: Double]
    /// Wall time.
    package let seconds: Double
}

/// What an epoch of training was like.
package struct EpochReport: Sendable {
    package let learningRate: Double
    /// Mean cross-entropy of all images, each before the step that learned from it, in nats.
    package let meanLoss: Double
    /// Images that were correctly classified before the step that learned from them.
    package let correct: Int
    /// Wall time.
    package let seconds: Double
    /// The first step whose loss was not finite, or the last one if the weights are not after it; counted from 1.
    package let firstNonFiniteStep: Int?
    /// Of each layer with weights, by its position in the architecture: ‖gradient‖ in the epoch's last step.
    package let gradientNorms: [Int: Double]
}

/// What a step of training was like.
package struct StepReport: Sendable {
    /// Counts from 0 in each epoch.
    package let index: Int
    /// Images of this epoch seen so far, this batch's included.
    package let samplesSeen: Int
    package let batchSize: Int
    /// Mean cross-entropy of the batch before the step, in nats.
    package let loss: Double
}

/// Whether an epoch goes on after a step.
package enum Continuation: Sendable {
    case proceed, stop
}
