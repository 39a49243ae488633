/// All that determines a training besides architecture, images and initial weights. The defaults are the reference
/// experiment's.
public struct TrainingConfiguration: Codable, Hashable, Sendable {
    public var epochs = 10
    public var batchSize = 64
    public var learningRate = 0.01
    /// The learning rate's factor from an epoch to the next.
    public var learningRateDecay = 1.0
    public var momentum = 0.0
    public var weightDecay = 0.0
    public var seed: UInt64 = 1234
    /// Whether each epoch sees the images in an order of its own; otherwise in the order they have.
    public var shuffles = true
    /// `nil`: intensities are only scaled to 0…1.
    public var standardization: Standardization?

    public init() {}

    /// The learning rate of an epoch, counted from 1.
    func learningRate(inEpoch epoch: Int) -> Double {
        (1..<max(epoch, 1)).reduce(learningRate) { rate, _ in rate * learningRateDecay }
    }
}
