/// Copies between batch innermost (feature × batch) and sample-major (sample × feature), or transposes a matrix.
package struct Transposition: Operation {
    package static let name = "transposition"

    package var source: UnsafePointer<Float>
    /// Padded or not; rows of the source that are read.
    package var sourceRows: Int
    package var sourceColumns: Int
    /// Floats between rows of the source; a multiple of 16 with at least `sourceColumns` padded.
    package var sourceStride: Int
    package var target: UnsafeMutablePointer<Float>
    /// Floats between rows of the target; at least `sourceRows` padded to whole vectors.
    package var targetStride: Int
    /// Laid out as the target; where it is not positive, the target becomes zero.
    package var mask: UnsafePointer<Float>?

    package init(
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
    @inlinable package var unitCount: Int { (sourceRows + lanes - 1) / lanes }
}

/// Images of a batch as floats: value = intensity · scale + offset, both those of its pixel's channel.
package struct Gather: Operation {
    package static let name = "gathering and standardising"

    /// sample × pixel intensities of all images.
    package var pixels: UnsafePointer<UInt8>
    package var pixelsPerImage: Int
    /// Positions of the batch's images.
    package var indices: UnsafePointer<Int32>
    package var count: Int
    /// One for each pixel of an image, padded to whole vectors.
    package var scales: UnsafePointer<Float>
    /// The same.
    package var offsets: UnsafePointer<Float>
    package var output: UnsafeMutablePointer<Float>
    /// Sample-major: floats a sample. Batch innermost: samples, padded.
    package var outputStride: Int
    package var isBatchInnermost: Bool

    package init(
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
    @inlinable package var unitCount: Int { (count + lanes - 1) / lanes }
}
