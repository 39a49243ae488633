// What the kernels are asked to do. An operation is a value: shapes and pointers. It is divided into units that may run
// on any thread in any order, because no two units write to the same place and no sum crosses a unit's border. That is
// why results do not depend on the number of threads.
//
// Two layouts are in use. “Batch innermost” is channel × height × width × batch: every vector holds the same pixel of
// 16 samples. “Sample-major” is sample × feature: every vector holds 16 features of a sample. Innermost dimensions are
// padded to whole vectors.

/// Lanes of a vector, at every instruction set: wider or narrower registers change no result.
@inlinable public var lanes: Int { 16 }

/// Output channels that a convolution's unit computes at once.
@inlinable public var channelGroup: Int { 5 }

/// Rounds up to whole vectors.
@inlinable public func paddedToLanes(_ count: Int) -> Int { (count + lanes - 1) / lanes * lanes }

/// Work that is divided into units.
public protocol Operation {
    /// Units are numbered from 0.
    var unitCount: Int { get }
}

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

/// product[row, column] = Σ over depth of left[row, depth] · right[depth, column], with rows in whole or part and
/// columns in whole vectors. Dense layers forward, backward and their weights' gradients all have this form.
@frozen public struct MatrixProduct: Operation {
    /// What becomes of a sum.
    public enum Use {
        /// Stored with the column's bias added, negative sums as zero if `rectifies`.
        case output(UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>, rectifies: Bool)
        /// Stored; zero where the mask, laid out as the product, is not positive.
        case gradient(UnsafeMutablePointer<Float>, mask: UnsafePointer<Float>?)
        /// A parameter's gradient.
        case update(ParameterUpdate)
    }

    public var rows: Int
    public var depth: Int
    /// A multiple of 16.
    public var columns: Int
    public var left: UnsafePointer<Float>
    /// Floats from a row to the next.
    public var leftRowStride: Int
    /// Floats from a depth to the next.
    public var leftDepthStride: Int
    /// depth × columns.
    public var right: UnsafePointer<Float>
    /// Rows of the product are `columns` floats apart.
    public var use: Use
    public var rowsPerUnit: Int

    public init(
        rows: Int, depth: Int, columns: Int, left: UnsafePointer<Float>, leftRowStride: Int, leftDepthStride: Int,
        right: UnsafePointer<Float>, use: Use, rowsPerUnit: Int
    ) {
        self.rows = rows
        self.depth = depth
        self.columns = columns
        self.left = left
        self.leftRowStride = leftRowStride
        self.leftDepthStride = leftDepthStride
        self.right = right
        self.use = use
        self.rowsPerUnit = rowsPerUnit
    }

    @inlinable public var unitCount: Int { (rows + rowsPerUnit - 1) / rowsPerUnit }
}

/// A parameter's gradient by its sum over the rows of a sample-major gradient: a dense layer's bias.
@frozen public struct ColumnSums: Operation {
    public var rows: Int
    /// A multiple of 16.
    public var columns: Int
    public var values: UnsafePointer<Float>
    public var update: ParameterUpdate

    public init(rows: Int, columns: Int, values: UnsafePointer<Float>, update: ParameterUpdate) {
        self.rows = rows
        self.columns = columns
        self.values = values
        self.update = update
    }

    @inlinable public var unitCount: Int { 1 }
}

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

/// The squares of many numbers, added up in double precision, a sum a unit.
@frozen public struct SquareSums: Operation {
    public var values: UnsafePointer<Float>
    /// Floats, a multiple of 16.
    public var count: Int
    /// One a unit.
    public var sums: UnsafeMutablePointer<Double>

    public init(values: UnsafePointer<Float>, count: Int, sums: UnsafeMutablePointer<Double>) {
        self.values = values
        self.count = count
        self.sums = sums
    }

    @inlinable public var unitCount: Int { (count + elementsPerUnit - 1) / elementsPerUnit }
}

/// Fused multiply-adds between registers and nothing else: what a processor can do at most. Of no use but to measure.
@frozen public struct PeakLoop: Operation {
    /// Each makes `operationsPerRepetition` floating-point operations.
    public var repetitions: Int
    /// One a unit, so that nothing is optimised away.
    public var results: UnsafeMutablePointer<Float>
    public var unitCount: Int

    public init(repetitions: Int, results: UnsafeMutablePointer<Float>, unitCount: Int) {
        self.repetitions = repetitions
        self.results = results
        self.unitCount = unitCount
    }

    /// 10 independent sums of a vector each, a product and an addition a lane.
    public static var operationsPerRepetition: Int { 10 * lanes * 2 }
}

/// Copies between batch innermost (feature × batch) and sample-major (sample × feature), or transposes a matrix.
@frozen public struct Transposition: Operation {
    public var source: UnsafePointer<Float>
    /// Padded or not; rows of the source that are read.
    public var sourceRows: Int
    public var sourceColumns: Int
    /// Floats between rows of the source; a multiple of 16 with at least `sourceColumns` padded.
    public var sourceStride: Int
    public var target: UnsafeMutablePointer<Float>
    /// Floats between rows of the target; at least `sourceRows` padded to whole vectors.
    public var targetStride: Int
    /// Laid out as the target; where it is not positive, the target becomes zero.
    public var mask: UnsafePointer<Float>?

    public init(
        source: UnsafePointer<Float>, sourceRows: Int, sourceColumns: Int, sourceStride: Int,
        target: UnsafeMutablePointer<Float>, targetStride: Int, mask: UnsafePointer<Float>? = nil
    ) {
        self.source = source
        self.sourceRows = sourceRows
        self.sourceColumns = sourceColumns
        self.sourceStride = sourceStride
        self.target = target
        self.targetStride = targetStride
        self.mask = mask
    }

    /// A unit is 16 rows of the source.
    @inlinable public var unitCount: Int { (sourceRows + lanes - 1) / lanes }
}

/// Images of a batch as floats: value = intensity · scale + offset.
@frozen public struct Gather: Operation {
    /// sample × pixel intensities of all images.
    public var pixels: UnsafePointer<UInt8>
    public var pixelsPerImage: Int
    /// Positions of the batch's images.
    public var indices: UnsafePointer<Int32>
    public var count: Int
    public var scale: Float
    public var offset: Float
    public var output: UnsafeMutablePointer<Float>
    /// Sample-major: floats a sample. Batch innermost: samples, padded.
    public var outputStride: Int
    public var isBatchInnermost: Bool

    public init(
        pixels: UnsafePointer<UInt8>, pixelsPerImage: Int, indices: UnsafePointer<Int32>, count: Int, scale: Float,
        offset: Float, output: UnsafeMutablePointer<Float>, outputStride: Int, isBatchInnermost: Bool
    ) {
        self.pixels = pixels
        self.pixelsPerImage = pixelsPerImage
        self.indices = indices
        self.count = count
        self.scale = scale
        self.offset = offset
        self.output = output
        self.outputStride = outputStride
        self.isBatchInnermost = isBatchInnermost
    }

    /// A unit is 16 images.
    @inlinable public var unitCount: Int { (count + lanes - 1) / lanes }
}

/// Softmax, cross-entropy and its gradient, sample-major.
@frozen public struct SoftmaxCrossEntropy: Operation {
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
