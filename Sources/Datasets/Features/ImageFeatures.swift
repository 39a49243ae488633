import Samples

/// What can be measured of the shape of a digit, or of any figure that is bright on dark.
///
/// Ink is every pixel with at least half of the image's largest intensity. What cannot be measured is `nil`.
package struct ImageFeatures: Sendable, Hashable {
    /// Mean intensity, 0…1.
    package let ink: Double
    /// Degrees from the vertical; positive leans right: arctan(−μ₁₁ / μ₀₂) with the intensities' central moments;
    /// `nil` for ink in one row.
    ///
    /// - Source: Hu, “Visual pattern recognition by moment invariants”, 1962, for the moments.
    package let slant: Double?
    /// Pixels: four times the mean distance from the ink to the background, as in a bar of that width; measured on the
    /// image at twice its size.
    package let strokeWidth: Double
    /// Per pixel: the mean of the gradient's magnitude, weighted by itself, divided by the largest intensity. A blur
    /// lowers it. `nil` where nothing varies.
    package let sharpness: Double?
    /// Pixels, of the ink's bounding box.
    package let boxWidth: Double
    /// Pixels, of the ink's bounding box.
    package let boxHeight: Double
    /// The longest run of ink on the outermost inked row or column of a side, divided by the stroke width. Round ends
    /// have 1 to 2, flat cuts more.
    package let cutTop: Double
    package let cutBottom: Double
    package let cutLeft: Double
    package let cutRight: Double
    /// Pieces of ink that do not touch each other.
    package let pieces: Double
    /// Background that ink encloses, e.g. 2 in an 8.
    package let holes: Double

    /// - Parameter pixels: channels × height × width intensities, 0…255.
    /// - Returns: `nil` when the image has no ink.
    package init?(_ pixels: some Collection<UInt8>, channels: Int, height: Int, width: Int) {
        let shape = ImageShape(channels: channels, height: height, width: width)
        self.init([UInt8](pixels).withUnsafeBufferPointer { GreyImage($0, shape) })
    }

    init?(_ image: GreyImage) {
        let mask = image.ink
        guard let bounds = mask.bounds else { return nil }
        ink = Double(image.values.reduce(0, +)) / Double(image.values.count)
        slant = image.slant
        let distances = image.cropped(to: bounds).doubled.ink.distancesToBackground()
        // Half, because the doubled image was measured.
        let strokeWidth = 2 * Double(distances.reduce(0, +)) / Double(max(distances.count, 1))
        self.strokeWidth = strokeWidth
        sharpness = image.sharpness
        boxWidth = Double(bounds.columns.count)
        boxHeight = Double(bounds.rows.count)
        func cut(_ line: [Bool]) -> Double { Double(longestRun(in: line)) / strokeWidth }
        cutTop = cut(bounds.columns.map { mask[bounds.rows.lowerBound, $0] })
        cutBottom = cut(bounds.columns.map { mask[bounds.rows.upperBound, $0] })
        cutLeft = cut(bounds.rows.map { mask[$0, bounds.columns.lowerBound] })
        cutRight = cut(bounds.rows.map { mask[$0, bounds.columns.upperBound] })
        pieces = Double(mask.pieceCount)
        holes = Double(mask.holeCount)
    }
}

private func longestRun(in line: [Bool]) -> Int {
    var (longest, current) = (0, 0)
    for isInk in line {
        current = isInk ? current + 1 : 0
        longest = max(longest, current)
    }
    return longest
}

extension GreyImage {
    fileprivate var slant: Double? {
        var (mass, x, y) = (0.0, 0.0, 0.0)
        forEach { row, column, value in
            mass += value
            x += value * column
            y += value * row
        }
        let (meanX, meanY) = (x / mass, y / mass)
        var (mixed, vertical) = (0.0, 0.0)
        forEach { row, column, value in
            mixed += value * (column - meanX) * (row - meanY)
            vertical += value * (row - meanY) * (row - meanY)
        }
        // Rows count downwards.
        return vertical > 0 ? arcTangent(-mixed / vertical) * 180 / .pi : nil
    }

    private func forEach(_ body: (_ row: Double, _ column: Double, _ value: Double) -> Void) {
        for row in 0..<height {
            for column in 0..<width where self[row, column] > 0 {
                body(Double(row), Double(column), Double(self[row, column]))
            }
        }
    }

    fileprivate var sharpness: Double? {
        var (sum, squares): (Float, Float) = (0, 0)
        for row in 0..<height {
            for column in 0..<width {
                let x = (self[row, min(column + 1, width - 1)] - self[row, max(column - 1, 0)]) / 2
                let y = (self[min(row + 1, height - 1), column] - self[max(row - 1, 0), column]) / 2
                let square = x * x + y * y
                sum += square.squareRoot()
                squares += square
            }
        }
        return sum > 0 ? Double(squares / sum / (values.max() ?? 1)) : nil
    }
}
