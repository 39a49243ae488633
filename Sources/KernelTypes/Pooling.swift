/// Square windows over images, batch innermost. Windows that would leave the input are left out, as PyTorch does.
@frozen public struct PoolingShape: Sendable, Hashable {
    public var channels: Int
    public var inputHeight: Int
    public var inputWidth: Int
    public var size: Int
    public var stride: Int
    /// Samples, padded to whole vectors.
    public var batch: Int

    public init(channels: Int, inputHeight: Int, inputWidth: Int, size: Int, stride: Int, batch: Int) {
        self.channels = channels
        self.inputHeight = inputHeight
        self.inputWidth = inputWidth
        self.size = size
        self.stride = stride
        self.batch = batch
    }

    @inlinable public var outputHeight: Int { (inputHeight - size) / stride + 1 }
    @inlinable public var outputWidth: Int { (inputWidth - size) / stride + 1 }
}

/// The maximum of each window.
@frozen public struct MaximumPoolingForward: Operation {
    public static let name = "maximum pooling"

    public var shape: PoolingShape
    public var input: UnsafePointer<Float>
    public var output: UnsafeMutablePointer<Float>

    public init(shape: PoolingShape, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
        self.shape = shape
        self.input = input
        self.output = output
    }

    /// A unit is a channel.
    @inlinable public var unitCount: Int { shape.channels }
}

/// The loss's gradient by the input of a maximum pooling: it goes to the first pixel of the window that has its maximum.
@frozen public struct MaximumPoolingGradient: Operation {
    public static let name = "maximum pooling, gradient"

    public var shape: PoolingShape
    public var input: UnsafePointer<Float>
    public var output: UnsafePointer<Float>
    public var outputGradient: UnsafePointer<Float>
    public var inputGradient: UnsafeMutablePointer<Float>
    /// Whether the input was rectified: where it is not positive, the gradient is zero.
    public var isInputRectified: Bool

    public init(
        shape: PoolingShape, input: UnsafePointer<Float>, output: UnsafePointer<Float>,
        outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>, isInputRectified: Bool
    ) {
        self.shape = shape
        self.input = input
        self.output = output
        self.outputGradient = outputGradient
        self.inputGradient = inputGradient
        self.isInputRectified = isInputRectified
    }

    /// A unit is a channel.
    @inlinable public var unitCount: Int { shape.channels }
}

/// The mean of each window.
@frozen public struct AveragePoolingForward: Operation {
    public static let name = "average pooling"

    public var shape: PoolingShape
    public var input: UnsafePointer<Float>
    public var output: UnsafeMutablePointer<Float>

    public init(shape: PoolingShape, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
        self.shape = shape
        self.input = input
        self.output = output
    }

    /// A unit is a channel.
    @inlinable public var unitCount: Int { shape.channels }
}

/// The loss's gradient by the input of an average pooling: each pixel of a window has an equal part.
@frozen public struct AveragePoolingGradient: Operation {
    public static let name = "average pooling, gradient"

    public var shape: PoolingShape
    public var outputGradient: UnsafePointer<Float>
    public var inputGradient: UnsafeMutablePointer<Float>
    /// The input, when it was rectified: where it is not positive, the gradient is zero.
    public var mask: UnsafePointer<Float>?

    public init(
        shape: PoolingShape, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>,
        mask: UnsafePointer<Float>?
    ) {
        self.shape = shape
        self.outputGradient = outputGradient
        self.inputGradient = inputGradient
        self.mask = mask
    }

    /// A unit is a channel.
    @inlinable public var unitCount: Int { shape.channels }
}
