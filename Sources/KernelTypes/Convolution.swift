/// A convolution over an input that already has its padding.
@frozen public struct ConvolutionShape: Sendable, Hashable {
    public var inputChannels: Int
    /// With padding.
    public var inputHeight: Int
    /// With padding.
    public var inputWidth: Int
    public var outputChannels: Int
    public var kernelHeight: Int
    public var kernelWidth: Int
    public var stride: Int
    /// Samples, padded to whole vectors.
    public var batch: Int

    public init(
        inputChannels: Int, inputHeight: Int, inputWidth: Int, outputChannels: Int, kernelHeight: Int, kernelWidth: Int,
        stride: Int, batch: Int
    ) {
        self.inputChannels = inputChannels
        self.inputHeight = inputHeight
        self.inputWidth = inputWidth
        self.outputChannels = outputChannels
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
        self.stride = stride
        self.batch = batch
    }

    @inlinable public var outputHeight: Int { (inputHeight - kernelHeight) / stride + 1 }
    @inlinable public var outputWidth: Int { (inputWidth - kernelWidth) / stride + 1 }
    /// Weights of one output channel.
    @inlinable public var fanIn: Int { inputChannels * kernelHeight * kernelWidth }
    @inlinable public var outputGroups: Int { (outputChannels + channelGroup - 1) / channelGroup }
    @inlinable public var inputGroups: Int { (inputChannels + channelGroup - 1) / channelGroup }
}

/// output = bias + input ∗ weights, batch innermost.
@frozen public struct ConvolutionForward: Operation {
    public static let name = "convolution forward"

    public var shape: ConvolutionShape
    public var input: UnsafePointer<Float>
    /// output channel × input channel × kernel height × kernel width.
    public var weights: UnsafePointer<Float>
    public var bias: UnsafePointer<Float>
    public var output: UnsafeMutablePointer<Float>
    /// Whether negative outputs become zero.
    public var rectifies: Bool

    public init(
        shape: ConvolutionShape, input: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>,
        output: UnsafeMutablePointer<Float>, rectifies: Bool
    ) {
        self.shape = shape
        self.input = input
        self.weights = weights
        self.bias = bias
        self.output = output
        self.rectifies = rectifies
    }

    /// A unit is a group of output channels at one row.
    @inlinable public var unitCount: Int { shape.outputGroups * shape.outputHeight }
}

/// The loss's gradient by a convolution's input.
@frozen public struct ConvolutionInputGradient: Operation {
    public static let name = "convolution, gradient by input"

    public var shape: ConvolutionShape
    public var outputGradient: UnsafePointer<Float>
    public var weights: UnsafePointer<Float>
    /// With padding, as the input.
    public var inputGradient: UnsafeMutablePointer<Float>
    /// The input, when it was rectified: where it is not positive, the gradient is zero.
    public var mask: UnsafePointer<Float>?

    public init(
        shape: ConvolutionShape, outputGradient: UnsafePointer<Float>, weights: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Float>, mask: UnsafePointer<Float>?
    ) {
        self.shape = shape
        self.outputGradient = outputGradient
        self.weights = weights
        self.inputGradient = inputGradient
        self.mask = mask
    }

    /// A unit is a group of input channels at one row.
    @inlinable public var unitCount: Int { shape.inputGroups * shape.inputHeight }
}

/// The loss's gradient by a convolution's weights and bias, and what is done with it.
@frozen public struct ConvolutionWeightGradient: Operation {
    public static let name = "convolution, gradient by weights"

    public var shape: ConvolutionShape
    public var input: UnsafePointer<Float>
    public var outputGradient: UnsafePointer<Float>
    public var weights: ParameterUpdate
    public var bias: ParameterUpdate

    public init(
        shape: ConvolutionShape, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
        weights: ParameterUpdate, bias: ParameterUpdate
    ) {
        self.shape = shape
        self.input = input
        self.outputGradient = outputGradient
        self.weights = weights
        self.bias = bias
    }

    /// All of them where that leaves units enough for some threads.
    @inlinable public var kernelRowsPerUnit: Int {
        shape.outputGroups * shape.inputChannels >= 8 ? shape.kernelHeight : (shape.kernelHeight + 1) / 2
    }

    @inlinable public var kernelRowBlocks: Int {
        (shape.kernelHeight + kernelRowsPerUnit - 1) / kernelRowsPerUnit
    }

    /// A unit is a group of output channels with one input channel and some kernel rows. The group's bias goes with the
    /// first of them.
    @inlinable public var unitCount: Int { shape.outputGroups * shape.inputChannels * kernelRowBlocks }
}
