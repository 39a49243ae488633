#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Images of CIFAR's shape in ten classes, of which the best possible accuracy is known.
///
/// A class is one of five forms, at a random place and of a random size and brightness before a random grey, and one of two
/// tints. The forms never overlap, the tints do: red less blue is normally distributed around one of two means. Nothing but
/// this difference tells the two apart, so the Bayes classifier asks which mean is nearer.
package struct ColourShapes {
    package static let (channels, height, width, classes) = (3, 32, 32, 10)
    /// Accuracy of the Bayes classifier: the share of a normal distribution on its mean's side, Φ(1.2815515655446004).
    package static let bayesAccuracy = 0.9
    /// Half of the distance between the tints' means, in standard deviations.
    private static let halfDistance = 1.2815515655446004
    /// Levels of intensity that are added to red and taken from blue for one standard deviation.
    private static let tintLevels = 22.0

    /// Channel by channel, row by row.
    package private(set) var pixels: [UInt8]
    package private(set) var labels: [UInt16]

    package init(count: Int, seed: UInt64) {
        var numbers = FixedNumbers(seed: seed)
        labels = (0..<count).map { _ in UInt16(numbers.next() % UInt64(Self.classes)) }
        pixels = []
        pixels.reserveCapacity(count * Self.channels * Self.height * Self.width)
        for label in labels { Self.draw(Int(label), &numbers, to: &pixels) }
    }

    private static func draw(_ label: Int, _ numbers: inout FixedNumbers, to pixels: inout [UInt8]) {
        func uniform(_ range: ClosedRange<Double>) -> Double {
            range.lowerBound + (range.upperBound - range.lowerBound) * unit(&numbers)
        }
        let tint = (label % 2 == 0 ? halfDistance : -halfDistance) + normal(&numbers)
        let (row, column, radius) = (uniform(10...21), uniform(10...21), uniform(6...9))
        let (background, brightness) = (uniform(20...80), uniform(125...145))
        let inside = (0..<height * width).map { place in
            contains(label / 2, (Double(place / width) - row) / radius, (Double(place % width) - column) / radius)
        }
        for channel in 0..<channels {
            let object = brightness + [tint, 0, -tint][channel] * tintLevels
            var noise: UInt64 = 0
            for place in 0..<height * width {
                if place % 8 == 0 { noise = numbers.next() }
                // Of 0…15, so that the mean over a form is known well.
                let value = (inside[place] ? object : background) + Double(noise & 15)
                noise >>= 8
                pixels.append(UInt8(max(0, min(255, value.rounded()))))
            }
        }
    }

    /// - Parameters:
    ///   - y, x: From the middle, as shares of the radius.
    private static func contains(_ form: Int, _ y: Double, _ x: Double) -> Bool {
        let distance = y * y + x * x
        let (isRow, isColumn) = (abs(y) <= 0.3 && abs(x) <= 1, abs(x) <= 0.3 && abs(y) <= 1)
        return switch form {
        case 0: distance <= 1
        case 1: distance <= 1 && distance >= 0.4
        case 2: isRow
        case 3: isColumn
        default: isRow || isColumn
        }
    }

    private static func unit(_ numbers: inout FixedNumbers) -> Double { Double(numbers.next() >> 11) * 0x1p-53 }

    /// - Source: Box and Muller, “A note on the generation of random normal deviates”, 1958.
    private static func normal(_ numbers: inout FixedNumbers) -> Double {
        let radius = (-2 * log(1 - unit(&numbers))).squareRoot()
        return radius * cos(2 * Double.pi * unit(&numbers))
    }
}
