import KernelTypes
import Samples

/// What a layer passes on: an image of channels, or a list of features.
enum LayerShape: Hashable, CustomStringConvertible {
    case image(ImageShape)
    case features(Int)

    var count: Int {
        switch self {
        case .image(let shape): shape.count
        case .features(let count): count
        }
    }

    /// channels, height and width, or the number of features.
    var sizes: [Int] {
        switch self {
        case .image(let shape): [shape.channels, shape.height, shape.width]
        case .features(let count): [count]
        }
    }

    var isImage: Bool {
        if case .image = self { true } else { false }
    }

    /// Channels of an image, or the features.
    var channels: Int {
        switch self {
        case .image(let shape): shape.channels
        case .features(let count): count
        }
    }

    /// - Throws: `LayerMisfit` when it is a list of features.
    func image() throws -> ImageShape {
        guard case .image(let shape) = self else {
            throw LayerMisfit(reason: "it needs an image, and the layers before it made features of it")
        }
        return shape
    }

    /// Floats of a batch in memory, with padding to whole vectors; the largest number that there is when they are more.
    func bufferCount(batchSize: Int) -> Int { saturatingProduct([paddedToLanes(batchSize), paddedToLanes(count)]) }

    var description: String {
        switch self {
        case .image(let shape): shape.description
        case .features(let count): "\(count)"
        }
    }
}

extension ImageShape {
    /// With a border on all sides.
    func padded(by padding: Int) -> ImageShape {
        ImageShape(channels: channels, height: height + 2 * padding, width: width + 2 * padding)
    }

    /// The images that a square window makes of these when it stops every `stride` pixels, as far as it stays inside.
    ///
    /// - Throws: `LayerMisfit` when the window is larger than they are.
    func windows(of size: Int, stride: Int, channels: Int) throws -> ImageShape {
        func steps(_ side: Int) throws -> Int {
            guard side >= size else {
                throw LayerMisfit(
                    reason: "its window of \(size) is larger than the \(side) pixel\(side == 1 ? "" : "s") there "
                        + "\(side == 1 ? "is" : "are")")
            }
            return (side - size) / stride + 1
        }
        return ImageShape(channels: channels, height: try steps(height), width: try steps(width))
    }
}
