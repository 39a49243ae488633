/// Square windows over images, batch innermost. Windows that would leave the input are left out, as PyTorch does.
package struct PoolingShape: Sendable, Hashable {
    package var channels: Int
    package var inputHeight: Int
    package var inputWidth: Int
    package var size: Int
    package var stride: Int
    /// Samples, padded to whole vectors.
    package var batch: Int

    package init(channels: Int, inputHeight: Int, inputWidth: Int, size: Int, stride: Int, batch: Int) {
        self.channels = channels
        self.inputHeight = inputHeight
        self.inputWidth = inputWidth
        self.size = size
        self.stride = stride
        self.batch = batch
    }

    @inlinable package var outputHeight: Int { (inputHeight - size) / stride + 1 }
    @inlinable package var outputWidth: Int { (inputWidth - size) / stride + 1 }
}

/// The maximum of each window.
package struct MaximumPoolingForward: Operation {
    package static let name = "maximum pooling"

    package var shape: PoolingShape
    package var input: UnsafePointer<Float>
    package var output: UnsafeMutablePointer<Float>

    package init(shape: PoolingShape, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
        self.shape = shape
        self.input = input
        self.output = output
    }

    /// A unit is a channel.
    @inlinable package var unitCount: Int { shape.channels }
}

/// The loss's gradient by the input of a maximum pooling: it goes to the first pixel of the window that has its maximum.
package struct MaximumPoolingGradient: Operation {
    package static let name = "maximum pooling, gradient"

    package var shape: PoolingShape
    package var input: UnsafePointer<Float>
    package var output: UnsafePointer<Float>
    package var outputGradient: UnsafePointer<Float>
    package var inputGradient: UnsafeMutablePointer<Float>
    /// Whether the input was rectified: where it is not positive, the gradient is zero.
    package var isInputRectified: Bool

    package init(
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
    @inlinable package var unitCount: Int { shape.channels }
}

/// The mean of each window.
package struct AveragePoolingForward: Operation {
    package static let name = "average pooling"

    package var shape: PoolingShape
    package var input: UnsafePointer<Float>
    package var output: UnsafeMutablePointer<Float>

    package init(shape: PoolingShape, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
        self.shape = shape
        self.input = input
        self.output = output
    }

    /// A unit is a channel.
    @inlinable package var unitCount: Int { shape.channels }
}

/// The loss's gradient by the input of an average pooling: each pixel of a window has an equal part.
package struct AveragePoolingGradient: Operation {
    package static let name = "average pooling, gradient"

    package var shape: PoolingShape
    package var outputGradient: UnsafePointer<Float>
    package var inputGradient: UnsafeMutablePointer<Float>
    /// The input, when it was rectified: where it is not positive, the gradient is zero.
    package var mask: UnsafePointer<Float>?

    package init(
        shape: PoolingShape, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>,
        mask: UnsafePointer<Float>?
    ) {
        self.shape = shape
        self.outputGradient = outputGradient
        self.inputGradient = inputGradient
        self.mask = mask
    }

    /// A unit is a channel.
    @inlinable package var unitCount: Int { shape.channels }
}
