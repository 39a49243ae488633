/// Copies between batch innermost (feature × batch) and sample-major (sample × feature), or transposes a matrix.
@frozen public struct Transposition: Operation {
    public static let name = "transposition"

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

/// Images of a batch as floats: value = intensity · scale + offset, both those of its pixel's channel.
@frozen public struct Gather: Operation {
    public static let name = "gathering and standardising"

    /// sample × pixel intensities of all images.
    public var pixels: UnsafePointer<UInt8>
    public var pixelsPerImage: Int
    /// Positions of the batch's images.
    public var indices: UnsafePointer<Int32>
    public var count: Int
    /// One for each pixel of an image, padded to whole vectors.
    public var scales: UnsafePointer<Float>
    /// The same.
    public var offsets: UnsafePointer<Float>
    public var output: UnsafeMutablePointer<Float>
    /// Sample-major: floats a sample. Batch innermost: samples, padded.
    public var outputStride: Int
    public var isBatchInnermost: Bool

    public init(
        pixels: UnsafePointer<UInt8>, pixelsPerImage: Int, indices: UnsafePointer<Int32>, count: Int,
        scales: UnsafePointer<Float>, offsets: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
        outputStride: Int, isBatchInnermost: Bool
    ) {
        self.pixels = pixels
        self.pixelsPerImage = pixelsPerImage
        self.indices = indices
        self.count = count
        self.scales = scales
        self.offsets = offsets
        self.output = output
        self.outputStride = outputStride
        self.isBatchInnermost = isBatchInnermost
    }

    /// A unit is 16 images.
    @inlinable public var unitCount: Int { (count + lanes - 1) / lanes }
}
