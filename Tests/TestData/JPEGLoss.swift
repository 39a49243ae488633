#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What baseline JPEG leaves of an image: everything of it that loses something, without the packing that loses nothing.
package enum JPEGLoss {
    /// Annex K of ITU-T T.81.
    private static let luminance = [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29,
        51, 87,
        80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
        72, 92,
        95, 98, 112, 100, 103, 99,
    ]
    private static let chrominance =
        [
            17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99,
            99, 99, 99,
            99, 99,
        ] + [Int](repeating: 99, count: 32)

    /// - Parameters:
    ///   - pixels: channels × height × width intensities.
    ///   - quality: 50 to 100, as libjpeg scales its tables.
    package static func applied(
        to pixels: [UInt8], channels: Int, height: Int, width: Int, quality: Int
    ) -> [UInt8] {
        let values = pixels.map { Double($0) }
        let plane = height * width
        guard channels == 3 else { return bytes(quantized(values, height, width, luminance, quality)) }
        let colors = (0..<plane).map { (values[$0], values[plane + $0], values[2 * plane + $0]) }
        let y = colors.map { 0.299 * $0 + 0.587 * $1 + 0.114 * $2 }
        let blue = colors.map { -0.168736 * $0 - 0.331264 * $1 + 0.5 * $2 + 128 }
        let red = colors.map { 0.5 * $0 - 0.418688 * $1 - 0.081312 * $2 + 128 }
        let lossyY = quantized(y, height, width, luminance, quality)
        let lossyBlue = subsampled(blue, height, width, quality)
        let lossyRed = subsampled(red, height, width, quality)
        var (reds, greens, blues) = (lossyY, lossyY, lossyY)
        for place in 0..<plane {
            let (b, r) = (lossyBlue[place] - 128, lossyRed[place] - 128)
            reds[place] += 1.402 * r
            greens[place] -= 0.344136 * b + 0.714136 * r
            blues[place] += 1.772 * b
        }
        return bytes(reds) + bytes(greens) + bytes(blues)
    }

    private static func bytes(_ values: [Double]) -> [UInt8] { values.map { UInt8(max(0, min(255, $0.rounded()))) } }

    /// Half as high and wide, as most programs store colour, and back.
    private static func subsampled(_ values: [Double], _ height: Int, _ width: Int, _ quality: Int) -> [Double] {
        let (rows, columns) = ((height + 1) / 2, (width + 1) / 2)
        let small = (0..<rows * columns).map { place -> Double in
            let (row, column) = (place / columns * 2, place % columns * 2)
            let (below, right) = (min(row + 1, height - 1), min(column + 1, width - 1))
            let upper = values[row * width + column] + values[row * width + right]
            return (upper + values[below * width + column] + values[below * width + right]) / 4
        }
        let lossy = quantized(small, rows, columns, chrominance, quality)
        return (0..<height * width).map { lossy[$0 / width / 2 * columns + $0 % width / 2] }
    }

    /// Each block of 8 × 8 through the cosine transform, the quantisation and back. Edges are continued to whole blocks.
    private static func quantized(
        _ values: [Double], _ height: Int, _ width: Int, _ table: [Int], _ quality: Int
    ) -> [Double] {
        let steps = table.map { Double(max(1, min(255, ($0 * (200 - 2 * quality) + 50) / 100))) }
        var result = values
        for top in stride(from: 0, to: height, by: 8) {
            for left in stride(from: 0, to: width, by: 8) {
                let block = (0..<64).map { place in
                    values[min(top + place / 8, height - 1) * width + min(left + place % 8, width - 1)] - 128
                }
                let coefficients = zip(transformed(block, isInverse: false), steps).map { ($0 / $1).rounded() * $1 }
                for (place, value) in transformed(coefficients, isInverse: true).enumerated() {
                    let (row, column) = (top + place / 8, left + place % 8)
                    if row < height, column < width { result[row * width + column] = value + 128 }
                }
            }
        }
        return result
    }

    /// The orthonormal cosine transform of rows and columns: basis[frequency × 8 + position].
    private static func transformed(_ block: [Double], isInverse: Bool) -> [Double] {
        func weight(_ from: Int, _ to: Int) -> Double { isInverse ? basis[from * 8 + to] : basis[to * 8 + from] }
        let rows = (0..<64).map { place in
            (0..<8).reduce(0) { $0 + block[place / 8 * 8 + $1] * weight($1, place % 8) }
        }
        return (0..<64).map { place in (0..<8).reduce(0) { $0 + rows[$1 * 8 + place % 8] * weight($1, place / 8) } }
    }

    private static let basis: [Double] = (0..<64).map { place in
        let (frequency, position) = (place / 8, place % 8)
        let scale = frequency == 0 ? 0.125.squareRoot() : 0.5
        return scale * cos(Double.pi * Double((2 * position + 1) * frequency) / 16)
    }
}
