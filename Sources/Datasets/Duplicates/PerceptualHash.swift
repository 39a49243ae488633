#if canImport(Glibc)
import Glibc
import Samples
#elseif canImport(Musl)
import Musl
#endif

/// What an image looks like from afar, in 32 numbers: the lowest frequencies of its luminance without the mean, as a vector
/// of length 1. Brightness, contrast and compression change it little, another image changes it much.
///
/// - Source: C. Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010, hashes the discrete
///   cosine transform. Here its coefficients are kept instead of their signs: signs alone do not separate a changed image from a similar one.
enum PerceptualHash {
    /// Numbers of a hash.
    static let count = 32
    /// What stands for 1: the difference of two numbers still is an `Int16`, the square of a distance an `Int32`.
    static let one: Float = 8192

    /// The shortest side of an image that has a hash, in pixels: without those at the edges there are six frequencies.
    static let shortestSide = 8
    /// Deviation of the low frequencies that an image must have, in levels of intensity. Below, rounding changes it.
    static let leastContrast: Float = 4

    /// How far apart the hashes of nearly the same image may be: what rounding and compression change is a number of
    /// levels, whatever the contrast.
    ///
    /// - Parameter contrast: Deviation of the low frequencies, in levels of intensity.
    static func radius(contrast: Float) -> Float { min(0.25, 0.06 + 1 / contrast) }

    /// The square of the distance.
    static func squaredDistance(_ a: UnsafePointer<Int16>, _ b: UnsafePointer<Int16>) -> Int32 {
        var sum: Int32 = 0
        for position in 0..<count {
            let difference = Int32(a[position]) &- Int32(b[position])
            sum &+= difference &* difference
        }
        return sum
    }
}

/// Hashes images of one shape, each from nine places: without the pixels at its edges, and moved by one to every side. An
/// image that was moved by a pixel looks from one of them as it did before, whatever became of its edges.
struct HashTransform: Sendable {
    static let places = 9
    /// The place in the middle: nothing is moved.
    static let middle = 4
    /// Frequencies in each direction.
    private static let frequencies = 6
    /// Also hashed is the image with this gain: what becomes white by it has lost its form, and is not found otherwise.
    private static let gain: Float = 1.2
    /// Unless the two hashes differ by less than this.
    private static let visibleDifference: Float = 0.03

    let shape: ImageShape
    /// For each position all frequencies of the orthonormal discrete cosine transform; the last two are 0.
    private let columnCosines: [SIMD8<Float>]
    private let rowCosines: [SIMD8<Float>]
    /// What the intensities 0…255 count as: themselves, and made brighter.
    private let levels = (0...255).map { Float($0) }
    private let brighterLevels = (0...255).map { min(255, (Float($0) * gain).rounded()) }

    /// - Parameter shape: Sides of `PerceptualHash.shortestSide` at least.
    init(_ shape: ImageShape) {
        self.shape = shape
        columnCosines = Self.cosines(shape.width - 2)
        rowCosines = Self.cosines(shape.height - 2)
    }

    private static func cosines(_ count: Int) -> [SIMD8<Float>] {
        (0..<max(0, count)).map { position in
            var values = SIMD8<Float>.zero
            for frequency in 0..<frequencies {
                let scale = ((frequency == 0 ? 1.0 : 2.0) / Double(count)).squareRoot()
                let angle = Double.pi * (Double(position) + 0.5) * Double(frequency) / Double(count)
                values[frequency] = Float(scale * cos(angle))
            }
            return values
        }
    }

    /// Hashes one image.
    ///
    /// - Parameters:
    ///   - pixels: channels × height × width intensities, 0…255.
    ///   - room: Gets a hash for each place, twice: as the image is, and brighter.
    /// - Returns: Deviation of the low frequencies, in levels of intensity, 0 where it is too little for a hash; and whether
    ///   the brighter image looks different.
    func hash(
        _ pixels: UnsafePointer<UInt8>, into room: UnsafeMutablePointer<Int16>
    ) -> (contrast: Float, hasBrighter: Bool) {
        var contrast: Float = 0
        withLuminance(of: pixels, levels) { contrast = transform($0, into: room) }
        guard contrast > 0 else { return (0, false) }
        let brightest = UnsafeBufferPointer(start: pixels, count: shape.count).max() ?? 0
        guard brighterLevels[Int(brightest)] == 255 else { return (contrast, false) }
        let second = room + Self.places * PerceptualHash.count
        var brighterContrast: Float = 0
        withLuminance(of: pixels, brighterLevels) { brighterContrast = transform($0, into: second) }
        guard brighterContrast > 0 else { return (contrast, false) }
        let middle = Self.middle * PerceptualHash.count
        let difference = Float(PerceptualHash.squaredDistance(room + middle, second + middle)).squareRoot()
        return (contrast, difference > Self.visibleDifference * PerceptualHash.one)
    }

    /// Hands the luminance to `body`: height × width, 0…255, of intensities that levels stand for.
    private func withLuminance(
        of pixels: UnsafePointer<UInt8>, _ levels: [Float], _ body: (UnsafePointer<Float>) -> Void
    ) {
        let plane = shape.height * shape.width
        withUnsafeTemporaryAllocation(of: Float.self, capacity: plane) { values in
            guard let start = values.baseAddress else { return }
            levels.withUnsafeBufferPointer { level in
                for position in 0..<plane {
                    if shape.channels == 3 {
                        let red = level[Int(pixels[position])]
                        let green = level[Int(pixels[plane + position])]
                        let blue = level[Int(pixels[2 * plane + position])]
                        // Recommendation ITU-R BT.601.
                        (start + position).initialize(to: (red * 299 + green * 587 + blue * 114) / 1000)
                    } else {
                        (start + position).initialize(to: level[Int(pixels[position])])
                    }
                }
            }
            body(start)
        }
    }

    /// - Returns: As `hash`, of the place in the middle.
    private func transform(_ luminance: UnsafePointer<Float>, into room: UnsafeMutablePointer<Int16>) -> Float {
        var contrast: Float = 0
        withUnsafeTemporaryAllocation(of: SIMD8<Float>.self, capacity: shape.height) { rows in
            for right in 0..<3 {
                for row in 0..<shape.height {
                    var sum = SIMD8<Float>.zero
                    let start = luminance + row * shape.width + right
                    for (column, cosine) in columnCosines.enumerated() { sum += cosine * start[column] }
                    rows[row] = sum
                }
                for down in 0..<3 {
                    let place = 3 * down + right
                    let found = coefficients(rows, down, into: room + place * PerceptualHash.count)
                    if place == Self.middle { contrast = found }
                }
            }
        }
        return contrast
    }

    /// Transforms the columns of one place and scales the result to a length of 1.
    ///
    /// - Parameter rows: Of each row its transform.
    private func coefficients(
        _ rows: UnsafeMutableBufferPointer<SIMD8<Float>>, _ first: Int, into room: UnsafeMutablePointer<Int16>
    ) -> Float {
        var sums = (0..<Self.frequencies).map { _ in SIMD8<Float>.zero }
        for (row, cosine) in rowCosines.enumerated() {
            for frequency in 0..<Self.frequencies { sums[frequency] += rows[first + row] * cosine[frequency] }
        }
        // Neither the mean nor the three highest: 6 × 6 − 4 = 32.
        var values: [Float] = []
        values.reserveCapacity(PerceptualHash.count)
        for down in 0..<Self.frequencies {
            for right in 0..<Self.frequencies where down + right > 0 && down + right < 9 {
                values.append(sums[down][right])
            }
        }
        let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let contrast = length / Float((shape.height - 2) * (shape.width - 2)).squareRoot()
        guard contrast >= PerceptualHash.leastContrast else { return 0 }
        for (position, value) in values.prefix(PerceptualHash.count).enumerated() {
            room[position] = Int16((value / length * PerceptualHash.one).rounded())
        }
        return contrast
    }
}
