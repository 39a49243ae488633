import Dispatch
import Samples
import Synchronization
import SystemPackage

/// The images of a split, as a form of data set holds them.
protocol ImageStream {
    /// How many there are.
    var count: Int { get }

    /// Brings all images into one shape and writes them to a file, from a position on.
    ///
    /// - Parameter report: Told of how many images more were read.
    func write(_ target: ImageShape, to file: PixelFile, at first: Int, report: (Int) -> Void) throws
}

/// Images of one shape that stand one behind another.
struct ArrayStream: ImageStream {
    let count: Int
    let shape: ImageShape
    let layout: PixelLayout
    /// Hands over all bytes in order, in pieces of any size.
    let read: (_ take: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

    func write(_ target: ImageShape, to file: PixelFile, at first: Int, report: (Int) -> Void) throws {
        try forEachBlock(as: target) { done, count, pixels in
            try file.write(pixels, at: first + done)
            report(count)
        }
    }

    /// Brings all images into one shape and hands them over in blocks of a few megabytes.
    ///
    /// - Parameter body: Is given the images before the block, those in it, and their intensities.
    func forEachBlock(as target: ImageShape, _ body: (Int, Int, UnsafeRawBufferPointer) throws -> Void) throws {
        let conversion = ImageConversion(shape, layout, to: target)
        let images = max(1, (4 << 20) / max(shape.count, target.count))
        var waiting: [UInt8] = []
        waiting.reserveCapacity(images * shape.count)
        var done = 0
        func flush() throws {
            let whole = waiting.count / shape.count
            guard whole > 0 else { return }
            try waiting.withUnsafeBytes { bytes in
                if conversion.isNone {
                    try body(done, whole, bytes)
                } else {
                    try conversion.all(bytes, whole).withUnsafeBytes { try body(done, whole, $0) }
                }
            }
            waiting.removeAll(keepingCapacity: true)
            done += whole
        }
        try read { piece in
            var rest = piece[...]
            while !rest.isEmpty {
                let part = rest.prefix(images * shape.count - waiting.count)
                waiting += part
                rest = rest.dropFirst(part.count)
                if waiting.count == images * shape.count { try flush() }
            }
        }
        try flush()
    }
}

extension ImageConversion {
    /// Converts many images, on all processors.
    fileprivate func all(_ images: UnsafeRawBufferPointer, _ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count * target.count) { buffer, size in
            size = count * target.count
            guard let source = images.bindMemory(to: UInt8.self).baseAddress, let result = buffer.baseAddress else {
                return
            }
            // What is read is not changed, and each thread writes to images of its own.
            nonisolated(unsafe) let (from, to) = (source, result)
            inPieces(of: count) { range in
                for image in range {
                    convert(from + image * self.source.count, to: to + image * target.count)
                }
            }
        }
    }
}

/// Picture files, each an image.
struct PictureStream: ImageStream {
    let files: [FilePath]
    var count: Int { files.count }

    func write(_ target: ImageShape, to file: PixelFile, at first: Int, report: (Int) -> Void) throws {
        let images = max(1, min(1024, (8 << 20) / target.count))
        for start in stride(from: 0, to: count, by: images) {
            let block = start..<min(start + images, count)
            try pixels(of: block, as: target).withUnsafeBytes { try file.write($0, at: first + start) }
            report(block.count)
        }
    }

    /// Some of the pictures in one shape, read on all processors.
    func pixels(of block: Range<Int>, as target: ImageShape) throws -> [UInt8] {
        // Where several files fail, the error is that of the first one in order, whichever thread was faster.
        let failure = Mutex<(image: Int, error: any Error)?>(nil)
        let pixels = [UInt8](unsafeUninitializedCapacity: block.count * target.count) { buffer, size in
            size = block.count * target.count
            guard let result = buffer.baseAddress else { return }
            result.initialize(repeating: 0, count: size)
            // Each thread writes to images of its own.
            nonisolated(unsafe) let room = result
            inPieces(of: block.count) { range in
                for image in range {
                    do {
                        try Picture(files[block.lowerBound + image]).decode(
                            as: target, to: room + image * target.count)
                    } catch {
                        failure.withLock { if image < $0?.image ?? .max { $0 = (image, error) } }
                        return
                    }
                }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure.error }
        return pixels
    }

    /// The shape of all pictures: of colours if one has colours.
    ///
    /// - Parameters:
    ///   - size: What they are resized to; `nil` when they must be of one size.
    ///   - isGrey: Whether colours are made grey.
    func shape(size: (height: Int, width: Int)?, isGrey: Bool) throws -> ImageShape? {
        guard let model = files.first else { return nil }
        let expected =
            try size.map { ImageShape(channels: 1, height: $0.height, width: $0.width) }
            ?? Picture(model).shape
        let failure = Mutex<(image: Int, error: any Error)?>(nil)
        let hasColors = Atomic(false)
        inPieces(of: count) { range in
            for image in range {
                do {
                    let shape = try Picture(files[image]).shape
                    if shape.channels == 3 { hasColors.store(true, ordering: .relaxed) }
                    guard size != nil || shape.height == expected.height && shape.width == expected.width else {
                        throw DatasetError.settings(
                            files[image].string,
                            "It has \(shape.height) × \(shape.width) pixels, and \(model) has \(expected.height) × "
                                + "\(expected.width).",
                            .size(height: expected.height, width: expected.width))
                    }
                } catch {
                    failure.withLock { if image < $0?.image ?? .max { $0 = (image, error) } }
                    return
                }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure.error }
        let channels = hasColors.load(ordering: .relaxed) && !isGrey ? 3 : 1
        return ImageShape(channels: channels, height: expected.height, width: expected.width)
    }
}

/// Splits a count into ranges that are worked on by all processors.
func inPieces(of count: Int, _ body: @Sendable (Range<Int>) -> Void) {
    let pieces = min(count, 64)
    DispatchQueue.concurrentPerform(iterations: pieces) { piece in
        body(count * piece / pieces..<count * (piece + 1) / pieces)
    }
}
