import Samples

/// Brings images of one shape into another: grey of colours, and another size.
struct ImageConversion: Sendable {
    let source: ImageShape
    let layout: PixelLayout
    let target: ImageShape
    private let columns: Resampling?
    private let rows: Resampling?

    init(_ source: ImageShape, _ layout: PixelLayout, to target: ImageShape) {
        self.source = source
        self.layout = layout
        self.target = target
        columns = source.width == target.width ? nil : Resampling(from: source.width, to: target.width)
        rows = source.height == target.height ? nil : Resampling(from: source.height, to: target.height)
    }

    /// Whether the images' bytes stay as they are.
    var isNone: Bool { source == target && (layout == .planes || layout == .interleaved && source.channels == 1) }

    /// - Parameters:
    ///   - image: `source.count` intensities.
    ///   - result: Room for `target.count` intensities, channel by channel.
    func convert(_ image: UnsafePointer<UInt8>, to result: UnsafeMutablePointer<UInt8>) {
        guard columns != nil || rows != nil else { return arrange(image, to: result) }
        let plane = source.height * source.width
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: target.channels * plane) { arranged in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: source.height * target.width) { narrowed in
                guard let arranged = arranged.baseAddress, let narrowed = narrowed.baseAddress else { return }
                arrange(image, to: arranged)
                for channel in 0..<target.channels {
                    var image = UnsafePointer(arranged + channel * plane)
                    let result = result + channel * target.height * target.width
                    if let columns {
                        let next = rows == nil ? result : narrowed
                        for row in 0..<source.height {
                            columns.resample(
                                image + row * source.width, step: 1, to: next + row * target.width, step: 1)
                        }
                        image = UnsafePointer(next)
                    }
                    if let rows {
                        for column in 0..<target.width {
                            rows.resample(
                                image + column, step: target.width, to: result + column, step: target.width)
                        }
                    }
                }
            }
        }
    }

    /// Channel by channel, in the target's number of channels.
    private func arrange(_ image: UnsafePointer<UInt8>, to result: UnsafeMutablePointer<UInt8>) {
        let plane = source.height * source.width
        let (channelStep, pixelStep) = layout == .interleaved ? (1, source.channels) : (plane, 1)
        if layout == .columns {
            for row in 0..<source.height {
                for column in 0..<source.width {
                    result[row * source.width + column] = image[column * source.height + row]
                }
            }
        } else if source.channels == 3 && target.channels == 1 {
            for pixel in 0..<plane {
                let color = image + pixel * pixelStep
                result[pixel] = luminance(color[0], color[channelStep], color[2 * channelStep])
            }
        } else {
            for channel in 0..<target.channels {
                let from = image + (source.channels == 1 ? 0 : channel * channelStep)
                for pixel in 0..<plane { result[channel * plane + pixel] = from[pixel * pixelStep] }
            }
        }
    }
}

/// - Source: Recommendation ITU-R BT.601, in the integers of Pillow's conversion from RGB to L.
func luminance(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
    let sum: UInt32 = UInt32(red) * 19_595 + UInt32(green) * 38_470 + UInt32(blue) * 7_471
    return UInt8((sum + 0x8000) >> 16)
}

/// A line of pixels in another length: each the mean of those around its place, weighted by a triangle that is as wide as
/// two of the larger pixels.
///
/// - Source: Pillow's `Image.resize` with `BILINEAR`, its integers included; rows before columns, as up to Pillow 12.
struct Resampling: Sendable {
    private let ranges: [Range<Int>]
    /// In units of 2⁻²².
    private let weights: [[Int]]

    init(from source: Int, to target: Int) {
        let scale = Double(source) / Double(target)
        let support = max(scale, 1)
        var (ranges, weights): ([Range<Int>], [[Int]]) = ([], [])
        for position in 0..<target {
            let centre = (Double(position) + 0.5) * scale
            let first = max(0, Int(centre - support + 0.5))
            let end = min(source, Int(centre + support + 0.5))
            let shares = (first..<end).map { max(0, 1 - abs((Double($0) - centre + 0.5) / support)) }
            let sum = shares.reduce(0, +)
            ranges.append(first..<end)
            weights.append(shares.map { Int(0.5 + $0 / sum * Double(1 << 22)) })
        }
        (self.ranges, self.weights) = (ranges, weights)
    }

    func resample(
        _ source: UnsafePointer<UInt8>, step: Int, to target: UnsafeMutablePointer<UInt8>, step targetStep: Int
    ) {
        for position in ranges.indices {
            var sum = 1 << 21
            var pixel = source + ranges[position].lowerBound * step
            for weight in weights[position] {
                sum += Int(pixel.pointee) * weight
                pixel += step
            }
            target[position * targetStep] = UInt8(min(sum >> 22, 255))
        }
    }
}

/// How an image's values stand in a file.
enum PixelLayout: Sendable {
    /// Channel by channel, row by row.
    case planes
    /// The channels of a pixel side by side, row by row.
    case interleaved
    /// One channel, column by column.
    case columns
}
