import Crypto
import Samples
import SystemPackage

/// The samples of one split: labels in memory, pixels in a temporary file.
package struct SampleSet: Sendable {
    /// One per image.
    package let labels: [UInt16]
    package let shape: ImageShape
    /// Of each sample the place in the file.
    private let places: [Int32]
    private let file: PixelFile

    init(labels: [UInt16], places: [Int32], shape: ImageShape, file: PixelFile) {
        self.labels = labels
        self.places = places
        self.shape = shape
        self.file = file
    }

    /// Some of the samples, in the order given.
    func subset(_ samples: [Int]) -> SampleSet {
        SampleSet(
            labels: samples.map { labels[$0] }, places: samples.map { places[$0] }, shape: shape, file: file)
    }

    /// Bytes of all pixels.
    package var byteCount: Int { labels.count * shape.count }

    /// Hands the pixels of consecutive samples to `body`: sample × channels × height × width intensities, 0…255.
    package func withPixels<Result>(
        of range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        try withPixels(ofSamples: range, body)
    }

    /// The same of any samples, in the order given.
    func withPixels<Result>(
        ofSamples samples: some RandomAccessCollection<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        let size = shape.count
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: samples.count * size, alignment: 64)
        defer { buffer.deallocate() }
        // Neighbours in the file are read at once.
        var (done, run) = (0, 0..<0)
        func flush() throws {
            guard !run.isEmpty else { return }
            try file.read(run, into: UnsafeMutableRawBufferPointer(rebasing: buffer[(done * size)...]))
            done += run.count
        }
        for sample in samples {
            let place = Int(places[sample])
            if place == run.upperBound, !run.isEmpty {
                run = run.lowerBound..<place + 1
            } else {
                try flush()
                run = place..<place + 1
            }
        }
        try flush()
        return try body(UnsafeRawBufferPointer(buffer))
    }

    /// All of them, in memory.
    package func pixels() throws -> [UInt8] { try withPixels(of: labels.indices) { [UInt8]($0) } }

    /// Ranges of samples that take a few megabytes together.
    var blocks: [Range<Int>] {
        let count = max(1, (4 << 20) / shape.count)
        return stride(from: 0, to: labels.count, by: count).map { $0..<min($0 + count, labels.count) }
    }

    /// SHA-256 of shape, labels and pixels, in hexadecimal: the same content has the same fingerprint, however its files
    /// were named or packed, and whatever the other splits are.
    ///
    /// Hashed are the numbers of samples, channels, rows and columns with 8 bytes each, the labels with 2, the most
    /// significant first, and then the pixels.
    package func fingerprint() throws -> String {
        var hash = SHA256()
        for number in [labels.count, shape.channels, shape.height, shape.width] {
            withUnsafeBytes(of: UInt64(number).bigEndian) { hash.update(bufferPointer: $0) }
        }
        hash.update(data: labels.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] })
        for block in blocks { try withPixels(of: block) { hash.update(bufferPointer: $0) } }
        return hash.finalize().hexadecimal
    }

    /// Mean and population standard deviation of each channel, scaled to 0…1; exact up to the last division and root.
    /// Behind them those of all channels together.
    func moments() throws -> [Moments] {
        let plane = shape.height * shape.width
        var counts = [[Int]](repeating: [Int](repeating: 0, count: 256), count: shape.channels)
        for block in blocks {
            try withPixels(of: block) { pixels in
                for image in 0..<block.count {
                    for channel in 0..<shape.channels {
                        let start = (image * shape.channels + channel) * plane
                        counts[channel].withUnsafeMutableBufferPointer { counts in
                            for value in pixels[start..<start + plane] { counts[Int(value)] += 1 }
                        }
                    }
                }
            }
        }
        let all = (0..<256).map { value in counts.reduce(0) { $0 + $1[value] } }
        return (counts + [all]).map(Moments.init)
    }
}

/// Mean and population standard deviation of intensities, scaled to 0…1.
package struct Moments: Hashable, Sendable {
    package let mean: Double
    package let standardDeviation: Double

    /// - Parameter counts: How often each of the 256 intensities is there.
    init(_ counts: [Int]) {
        let count = Double(counts.reduce(0, +))
        let mean = Double(counts.indices.reduce(0) { $0 + $1 * counts[$1] }) / count
        let squares = counts.indices.reduce(0.0) { sum, value in
            sum + Double(counts[value]) * (Double(value) - mean) * (Double(value) - mean)
        }
        self.mean = mean / 255
        standardDeviation = (squares / count).squareRoot() / 255
    }
}

extension SHA256.Digest {
    /// Its description is “SHA256 digest: …”.
    var hexadecimal: String { String(description.suffix(2 * SHA256.byteCount)) }
}
