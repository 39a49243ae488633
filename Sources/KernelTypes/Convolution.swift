/// A convolution over an input that already has its padding.
package struct ConvolutionShape: Sendable, Hashable {
    package var inputChannels: Int
    /// With padding.
    package var inputHeight: Int
    /// With padding.
    package var inputWidth: Int
    package var outputChannels: Int
    package var kernelHeight: Int
    package var kernelWidth: Int
    package var stride: Int
    /// Samples, padded to whole vectors.
    package var batch: Int

    package init(
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

    @inlinable package var outputHeight: Int { (inputHeight - kernelHeight) / stride + 1 }
    @inlinable package var outputWidth: Int { (inputWidth - kernelWidth) / stride + 1 }
    /// Weights of one output channel.
    @inlinable package var fanIn: Int { inputChannels * kernelHeight * kernelWidth }
    @inlinable package var outputGroups: Int { (outputChannels + channelGroup - 1) / channelGroup }
    @inlinable package var inputGroups: Int { (inputChannels + channelGroup - 1) / channelGroup }
}

/// output = bias + input ∗ weights, batch innermost.
package struct ConvolutionForward: Operation {
    package static let name = "convolution forward"

    package var shape: ConvolutionShape
    package var input: UnsafePointer<Float>
    /// output channel × input channel × kernel height × kernel width.
    package var weights: UnsafePointer<Float>
    package var bias: UnsafePointer<Float>
    package var output: UnsafeMutablePointer<Float>
    /// Whether negative outputs become zero.
    package var rectifies: Bool

    package init(
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
    @inlinable package var unitCount: Int { shape.outputGroups * shape.outputHeight }
}

/// The loss's gradient by a convolution's input.
package struct ConvolutionInputGradient: Operation {
    package static let name = "convolution, gradient by input"

    package var shape: ConvolutionShape
    package var outputGradient: UnsafePointer<Float>
    package var weights: UnsafePointer<Float>
    /// With padding, as the input.
    package var inputGradient: UnsafeMutablePointer<Float>
    /// The input, when it was rectified: where it is not positive, the gradient is zero.
    package var mask: UnsafePointer<Float>?

    package init(
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
    @inlinable package var unitCount: Int { shape.inputGroups * shape.inputHeight }
}

/// The loss's gradient by a convolution's weights and bias, and what is done with it.
package struct ConvolutionWeightGradient: Operation {
    package static let name = "convolution, gradient by weights"

    package var shape: ConvolutionShape
    package var input: UnsafePointer<Float>
    package var outputGradient: UnsafePointer<Float>
    package var weights: ParameterUpdate
    package var bias: ParameterUpdate

    package init(
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
    @inlinable package var kernelRowsPerUnit: Int {
        shape.outputGroups * shape.inputChannels >= 8 ? shape.kernelHeight : (shape.kernelHeight + 1) / 2
    }

    @inlinable package var kernelRowBlocks: Int {
        (shape.kernelHeight + kernelRowsPerUnit - 1) / kernelRowsPerUnit
    }

    /// A unit is a group of output channels with one input channel and some kernel rows. The group's bias goes with the
    /// first of them.
    @inlinable package var unitCount: Int { shape.outputGroups * shape.inputChannels * kernelRowBlocks }
}
