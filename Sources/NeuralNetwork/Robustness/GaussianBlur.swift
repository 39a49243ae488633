#if canImport(Glibc)
import Glibc
import Samples
#elseif canImport(Musl)
import Musl
#endif

/// A convolution with a Gaussian, rows first, then columns; outside of the image is black.
struct GaussianBlur {
    /// Of the distances 0, 1, … to the middle; with both sides they sum up to 1.
    private let weights: [Double]

    /// - Parameter standardDeviation: In pixels, above 0; what is further away than four of them is left out.
    init(standardDeviation: Double) {
        let reach = Int((4 * standardDeviation).rounded(.up))
        let heights = (0...reach).map { exp(-Double($0 * $0) / (2 * standardDeviation * standardDeviation)) }
        let sum = heights[0] + 2 * heights.dropFirst().reduce(0, +)
        weights = heights.map { $0 / sum }
    }

    func apply(to source: UnsafePointer<UInt8>, _ shape: ImageShape, result: UnsafeMutablePointer<UInt8>) {
        let (height, width) = (shape.height, shape.width)
        for channel in 0..<shape.channels {
            let offset = channel * height * width
            let rows = (0..<height * width).map { position in
                let (row, column) = position.quotientAndRemainder(dividingBy: width)
                return sum(around: column, of: width) { Double(source[offset + row * width + $0]) }
            }
            for position in 0..<height * width {
                let (row, column) = position.quotientAndRemainder(dividingBy: width)
                result[offset + position] = UInt8(sum(around: row, of: height) { rows[$0 * width + column] }.rounded())
            }
        }
    }

    private func sum(around middle: Int, of count: Int, _ value: (Int) -> Double) -> Double {
        var sum = weights[0] * value(middle)
        for distance in 1..<weights.count {
            if middle >= distance { sum += weights[distance] * value(middle - distance) }
            if middle + distance < count { sum += weights[distance] * value(middle + distance) }
        }
        return sum
    }
}
