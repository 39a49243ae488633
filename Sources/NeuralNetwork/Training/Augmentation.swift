import Samples

/// Random changes of the training images, new in every epoch.
package struct Augmentation: Codable, Hashable, Sendable {
    /// Images are moved by whole pixels, in each direction uniform in ±shift.
    package var shift = 0
    /// Images are turned about their centre, uniform in ±rotation, in degrees.
    package var rotation = 0.0

    package init() {}

    var isNone: Bool { shift == 0 && rotation == 0 }

    /// The next image's change.
    func draw(from stream: inout RandomStream) -> ImagePlacement {
        let span = UInt32(2 * shift + 1)
        return ImagePlacement(
            right: Int(stream.next(below: span)) - shift, down: Int(stream.next(below: span)) - shift,
            degrees: (Double(stream.nextUnit()) * 2 - 1) * rotation)
    }
}

/// Where an image is put: first turned about its centre, then moved.
struct ImagePlacement: Hashable {
    /// Pixels of the source.
    var right = 0
    /// Pixels of the source.
    var down = 0
    /// Counter-clockwise.
    var degrees = 0.0
}

/// Puts images into the shape that a network takes: resized to its height and width, grey repeated in all channels,
/// placed otherwise if asked.
///
/// A pixel of the target takes its value from the place in the source that it came from, bilinearly between the four
/// pixels around it, rounded to a whole intensity. A pixel is a square around its centre; outside the image is 0. Without
/// a placement that is PyTorch's `interpolate(mode="bilinear", align_corners=False)`.
struct ImageFitting: Hashable {
    let source: ImageShape
    let target: ImageShape

    /// - Parameters:
    ///   - pixels: `source.count` intensities.
    ///   - result: `target.count` intensities.
    func fit(_ pixels: UnsafePointer<UInt8>, _ placement: ImagePlacement, to result: UnsafeMutablePointer<UInt8>) {
        let angle = placement.degrees * .pi / 180
        let (sine, cosine) = (sine(angle), cosine(angle))
        let (centreX, centreY) = (Double(source.width - 1) / 2, Double(source.height - 1) / 2)
        let scaleX = Double(source.width) / Double(target.width)
        let scaleY = Double(source.height) / Double(target.height)
        let plane = source.height * source.width
        var position = 0
        for row in 0..<target.height {
            let y = (Double(row) + 0.5) * scaleY - 0.5 - Double(placement.down) - centreY
            for column in 0..<target.width {
                let x = (Double(column) + 0.5) * scaleX - 0.5 - Double(placement.right) - centreX
                let sample = BilinearSample(
                    x: centreX + cosine * x - sine * y, y: centreY + sine * x + cosine * y, width: source.width,
                    height: source.height)
                for channel in 0..<target.channels {
                    let offset = source.channels == 1 ? 0 : channel * plane
                    result[channel * target.height * target.width + position] = sample.value(in: pixels + offset)
                }
                position += 1
            }
        }
    }
}

/// A place between the pixels of an image.
private struct BilinearSample {
    private let isInside: Bool
    private let corners: (topLeft: Int, topRight: Int, bottomLeft: Int, bottomRight: Int)
    private let right: Double
    private let lower: Double

    init(x: Double, y: Double, width: Int, height: Int) {
        isInside = x >= -0.5 && y >= -0.5 && x <= Double(width) - 0.5 && y <= Double(height) - 0.5
        let (x, y) = (min(max(x, 0), Double(width - 1)), min(max(y, 0), Double(height - 1)))
        let (column, row) = (Int(x), Int(y))
        let (nextColumn, nextRow) = (min(column + 1, width - 1), min(row + 1, height - 1))
        right = x - Double(column)
        lower = y - Double(row)
        corners = (
            row * width + column, row * width + nextColumn, nextRow * width + column, nextRow * width + nextColumn
        )
    }

    func value(in pixels: UnsafePointer<UInt8>) -> UInt8 {
        guard isInside else { return 0 }
        let upper = Double(pixels[corners.topLeft]) * (1 - right) + Double(pixels[corners.topRight]) * right
        let bottom = Double(pixels[corners.bottomLeft]) * (1 - right) + Double(pixels[corners.bottomRight]) * right
        return UInt8(upper * (1 - lower) + bottom * lower + 0.5)
    }
}
