/// Batch normalisation of one layer: each channel (images, batch innermost) or feature (sample-major).
package struct BatchNormalizationShape: Sendable, Hashable {
    /// Channels or features.
    package var channels: Int
    /// Pixels of a channel; 1 for features.
    package var positions: Int
    package var isBatchInnermost: Bool
    /// Samples.
    package var count: Int
    package var epsilon: Float

    package init(channels: Int, positions: Int, isBatchInnermost: Bool, count: Int, epsilon: Float) {
        self.channels = channels
        self.positions = positions
        self.isBatchInnermost = isBatchInnermost
        self.count = count
        self.epsilon = epsilon
    }

    /// A unit is a channel, or 16 features.
    @inlinable package var unitCount: Int { isBatchInnermost ? channels : (channels + lanes - 1) / lanes }
}

/// output = scale · (input − mean) / √(variance + ε) + shift.
package struct BatchNormalizationForward: Operation {
    package static let name = "batch normalisation"

    package var shape: BatchNormalizationShape
    package var input: UnsafePointer<Float>
    package var output: UnsafeMutablePointer<Float>
    /// One a channel, as all that follow; padded to whole vectors.
    package var scale: UnsafePointer<Float>
    package var shift: UnsafePointer<Float>
    package var runningMean: UnsafeMutablePointer<Float>
    package var runningVariance: UnsafeMutablePointer<Float>
    /// Where the batch's mean and 1 / √(variance + ε) are kept for the gradient. `nil` in a test: then the running ones
    /// are used, and stay as they are.
    package var batchMoments: (mean: UnsafeMutablePointer<Float>, inverseDeviation: UnsafeMutablePointer<Float>)?
    /// Weight of the batch's moments in the running ones.
    package var momentum: Float

    package init(
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

    @inlinable package var unitCount: Int { shape.unitCount }
}

/// The loss's gradients by a batch normalisation's input, scale and shift.
package struct BatchNormalizationGradient: Operation {
    package static let name = "batch normalisation, gradient"

    package var shape: BatchNormalizationShape
    package var input: UnsafePointer<Float>
    package var outputGradient: UnsafePointer<Float>
    /// `nil` where none is needed.
    package var inputGradient: UnsafeMutablePointer<Float>?
    /// The input, when it was rectified: where it is not positive, the gradient is zero.
    package var mask: UnsafePointer<Float>?
    package var mean: UnsafePointer<Float>
    package var inverseDeviation: UnsafePointer<Float>
    package var scale: ParameterUpdate
    package var shift: ParameterUpdate

    package init(
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

    @inlinable package var unitCount: Int { shape.unitCount }
}

/// Local response normalisation over channels, batch innermost: output = input / s^β, s = k + α/size · Σ input² over the
/// channels from −size/2 to (size − 1)/2 away.
package struct ResponseNormalization: Operation {
    package static let name = "local response normalisation"

    package var channels: Int
    /// Pixels of a channel.
    package var positions: Int
    /// Samples, padded to whole vectors.
    package var batch: Int
    package var size: Int
    package var alpha: Float
    package var beta: Float
    package var k: Float
    package var input: UnsafePointer<Float>
    package var output: UnsafeMutablePointer<Float>
    /// The sums s, laid out as the input.
    package var sums: UnsafeMutablePointer<Float>
    /// When given, the input's gradient is computed from these and `output` is only read.
    package var gradients: (output: UnsafePointer<Float>, input: UnsafeMutablePointer<Float>)?
    /// The input, when it was rectified: where it is not positive, the gradient is zero.
    package var mask: UnsafePointer<Float>?

    package init(
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
    @inlinable package var unitCount: Int { positions }
}
