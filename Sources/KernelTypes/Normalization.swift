/// Batch normalisation of one layer: each channel (images, batch innermost) or feature (sample-major).
@frozen public struct BatchNormalizationShape: Sendable, Hashable {
    /// Channels or features.
    public var channels: Int
    /// Pixels of a channel; 1 for features.
    public var positions: Int
    public var isBatchInnermost: Bool
    /// Samples.
    public var count: Int
    public var epsilon: Float

    public init(channels: Int, positions: Int, isBatchInnermost: Bool, count: Int, epsilon: Float) {
        self.channels = channels
        self.positions = positions
        self.isBatchInnermost = isBatchInnermost
        self.count = count
        self.epsilon = epsilon
    }

    /// A unit is a channel, or 16 features.
    @inlinable public var unitCount: Int { isBatchInnermost ? channels : (channels + lanes - 1) / lanes }
}

/// output = scale · (input − mean) / √(variance + ε) + shift.
@frozen public struct BatchNormalizationForward: Operation {
    public static let name = "batch normalisation"

    public var shape: BatchNormalizationShape
    public var input: UnsafePointer<Float>
    public var output: UnsafeMutablePointer<Float>
    /// One a channel, as all that follow; padded to whole vectors.
    public var scale: UnsafePointer<Float>
    public var shift: UnsafePointer<Float>
    public var runningMean: UnsafeMutablePointer<Float>
    public var runningVariance: UnsafeMutablePointer<Float>
    /// Where the batch's mean and 1 / √(variance + ε) are kept for the gradient. `nil` in a test: then the running ones
    /// are used, and stay as they are.
    public var batchMoments: (mean: UnsafeMutablePointer<Float>, inverseDeviation: UnsafeMutablePointer<Float>)?
    /// Weight of the batch's moments in the running ones.
    public var momentum: Float

    public init(
        shape: BatchNormalizationShape, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
        scale: UnsafePointer<Float>, shift: UnsafePointer<Float>, runningMean: UnsafeMutablePointer<Float>,
        runningVariance: UnsafeMutablePointer<Float>,
        batchMoments: (mean: UnsafeMutablePointer<Float>, inverseDeviation: UnsafeMutablePointer<Float>)?,
        momentum: Float
    ) {
        self.shape = shape
        self.input = input
        self.output = output
        self.scale = scale
        self.shift = shift
        self.runningMean = runningMean
        self.runningVariance = runningVariance
        self.batchMoments = batchMoments
        self.momentum = momentum
    }

    @inlinable public var unitCount: Int { shape.unitCount }
}

/// The loss's gradients by a batch normalisation's input, scale and shift.
@frozen public struct BatchNormalizationGradient: Operation {
    public static let name = "batch normalisation, gradient"

    public var shape: BatchNormalizationShape
    public var input: UnsafePointer<Float>
    public var outputGradient: UnsafePointer<Float>
    /// `nil` where none is needed.
    public var inputGradient: UnsafeMutablePointer<Float>?
    /// The input, when it was rectified: where it is not positive, the gradient is zero.
    public var mask: UnsafePointer<Float>?
    public var mean: UnsafePointer<Float>
    public var inverseDeviation: UnsafePointer<Float>
    public var scale: ParameterUpdate
    public var shift: ParameterUpdate

    public init(
        shape: BatchNormalizationShape, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Float>?, mask: UnsafePointer<Float>?, mean: UnsafePointer<Float>,
        inverseDeviation: UnsafePointer<Float>, scale: ParameterUpdate, shift: ParameterUpdate
    ) {
        self.shape = shape
        self.input = input
        self.outputGradient = outputGradient
        self.inputGradient = inputGradient
        self.mask = mask
        self.mean = mean
        self.inverseDeviation = inverseDeviation
        self.scale = scale
        self.shift = shift
    }

    @inlinable public var unitCount: Int { shape.unitCount }
}

/// Local response normalisation over channels, batch innermost: output = input / s^β, s = k + α/size · Σ input² over the
/// channels from −size/2 to (size − 1)/2 away.
@frozen public struct ResponseNormalization: Operation {
    public static let name = "local response normalisation"

    public var channels: Int
    /// Pixels of a channel.
    public var positions: Int
    /// Samples, padded to whole vectors.
    public var batch: Int
    public var size: Int
    public var alpha: Float
    public var beta: Float
    public var k: Float
    public var input: UnsafePointer<Float>
    public var output: UnsafeMutablePointer<Float>
    /// The sums s, laid out as the input.
    public var sums: UnsafeMutablePointer<Float>
    /// When given, the input's gradient is computed from these and `output` is only read.
    public var gradients: (output: UnsafePointer<Float>, input: UnsafeMutablePointer<Float>)?
    /// The input, when it was rectified: where it is not positive, the gradient is zero.
    public var mask: UnsafePointer<Float>?

    public init(
        channels: Int, positions: Int, batch: Int, size: Int, alpha: Float, beta: Float, k: Float,
        input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, sums: UnsafeMutablePointer<Float>,
        gradients: (output: UnsafePointer<Float>, input: UnsafeMutablePointer<Float>)? = nil,
        mask: UnsafePointer<Float>? = nil
    ) {
        self.channels = channels
        self.positions = positions
        self.batch = batch
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k
        self.input = input
        self.output = output
        self.sums = sums
        self.gradients = gradients
        self.mask = mask
    }

    /// A unit is a pixel in all channels.
    @inlinable public var unitCount: Int { positions }
}
