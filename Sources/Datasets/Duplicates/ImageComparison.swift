import Samples

/// Tells whether two images of one shape are the same but for a shift by at most a pixel, a gain and an offset of their
/// intensities, intensities cut off at 255, and what rounding and compression leave.
struct ImageComparison: Sendable {
    let shape: ImageShape
    /// The sides without a pixel at each edge: what both images have, whichever way one was moved.
    private var height: Int { shape.height - 2 }
    private var width: Int { shape.width - 2 }

    /// How much an image differs from what another predicts; all in levels of intensity.
    private struct Residual {
        /// Root mean square of the luminance's difference.
        var fine: Double
        /// The same of its means over blocks of 4 × 4 pixels, which compression hardly changes.
        var coarse: Double
        /// The same of what the channels differ from their luminance.
        var color: Double
        /// Standard deviation of the luminance that was to be predicted.
        var contrast: Double
        /// The same of what its channels differ from their luminance.
        var colorContrast: Double

        /// What compression changes is a number of levels, what another drawing changes is a share of the contrast. JPEG of
        /// quality 85 leaves 4 levels of MNIST and at most 6.2 of photographs; two digits differ by 13 % of their contrast.
        /// Of strong colours it blurs more, and where these leave 0…255 the luminance changes with them.
        var isSmall: Bool {
            fine <= min((0.0036 * contrast * contrast + 40).squareRoot(), contrast / 2)
                && coarse <= 0.02 * contrast + 0.04 * colorContrast + 1.5
                && color <= 0.05 * contrast + 0.06 * colorContrast + 4
        }
    }

    /// Whether all pixels are the same.
    func isSame(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>) -> Bool {
        UnsafeBufferPointer(start: a, count: shape.count).elementsEqual(
            UnsafeBufferPointer(start: b, count: shape.count))
    }

    /// - Parameter places: From which of the nine places of b the images are compared, a bit for each.
    /// - Returns: For the best of these the difference of the luminance as a share of its contrast, 0 for none; `nil` for
    ///   images that are not nearly the same.
    func distance(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ places: UInt16) -> Double? {
        var least: Double?
        let middle = a + shape.width + 1
        for place in 0..<HashTransform.places where places & 1 << place != 0 {
            let moved = b + place / 3 * shape.width + place % 3
            // Where much is cut off, gain and offset show in the rest; where the rest is flat, in all.
            for isCutOff in [true, false] {
                guard let residual = residual(middle, moved, isCutOff: isCutOff), residual.isSmall else { continue }
                least = min(least ?? 1, residual.fine / residual.contrast)
            }
        }
        return least
    }

    /// - Parameters:
    ///   - a, b: The first pixels of what is compared.
    ///   - isCutOff: Whether an intensity of 255 may stand for a higher one.
    private func residual(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, isCutOff: Bool) -> Residual? {
        var sums = IntensitySums()
        for start in rowStarts { for column in start..<start + width { sums.add(a[column], b[column], isCutOff) } }
        // The image of which more is cut off is predicted from the other.
        let isReversed = sums.cutOffA > sums.cutOffB
        guard let line = isReversed ? sums.reversed.line : sums.line else { return nil }
        let prediction = (0...255).map { min(255, max(0, line.gain * Double($0) + line.offset)) }
        return isReversed
            ? residual(of: a, predictedFrom: b, prediction) : residual(of: b, predictedFrom: a, prediction)
    }

    /// Where the rows of all channels begin.
    private var rowStarts: [Int] {
        (0..<shape.channels).flatMap { channel in
            (0..<height).map { row in (channel * shape.height + row) * shape.width }
        }
    }

    private func residual(
        of target: UnsafePointer<UInt8>, predictedFrom source: UnsafePointer<UInt8>, _ prediction: [Double]
    ) -> Residual? {
        let plane = shape.height * shape.width
        // Recommendation ITU-R BT.601.
        let weights: [Double] = shape.channels == 3 ? [0.299, 0.587, 0.114] : [1]
        let blocks = (down: height / 4, right: width / 4)
        // Of each block the luminance's difference, then each channel's.
        var blockSums = [Double](repeating: 0, count: blocks.down * blocks.right * (1 + shape.channels))
        var (squares, sum, sumOfSquares) = (0.0, 0.0, 0.0)
        // What channels differ from their luminance: its square, and its sum for each.
        var (colorSquares, colorSums) = (0.0, [0.0, 0.0, 0.0])
        for row in 0..<height {
            for column in 0..<width {
                let place = row * shape.width + column
                let block =
                    row / 4 < blocks.down && column / 4 < blocks.right ? row / 4 * blocks.right + column / 4 : nil
                var (difference, luminance) = (0.0, 0.0)
                for channel in 0..<shape.channels {
                    let value = Double(target[channel * plane + place])
                    let rest = value - prediction[Int(source[channel * plane + place])]
                    difference += weights[channel] * rest
                    luminance += weights[channel] * value
                    if let block { blockSums[block * (1 + shape.channels) + 1 + channel] += rest }
                }
                if let block { blockSums[block * (1 + shape.channels)] += difference }
                if shape.channels == 3 {
                    for channel in 0..<3 {
                        let color = Double(target[channel * plane + place]) - luminance
                        colorSquares += color * color
                        colorSums[channel] += color
                    }
                }
                squares += difference * difference
                sum += luminance
                sumOfSquares += luminance * luminance
            }
        }
        let count = Double(height * width)
        let variance = sumOfSquares / count - (sum / count) * (sum / count)
        guard variance > 0 else { return nil }
        var (coarse, color) = (0.0, 0.0)
        for block in stride(from: 0, to: blockSums.count, by: 1 + shape.channels) {
            coarse += blockSums[block] * blockSums[block]
            for channel in 1...shape.channels {
                let rest = blockSums[block + channel] - blockSums[block]
                color += rest * rest
            }
        }
        let colorMeans = colorSums.reduce(0) { $0 + ($1 / count) * ($1 / count) }
        let colorVariance = (colorSquares / count - colorMeans) / Double(shape.channels)
        let blockCount = Double(max(1, blocks.down * blocks.right)) * 16 * 16
        return Residual(
            fine: (squares / count).squareRoot(), coarse: (coarse / blockCount).squareRoot(),
            color: (color / (blockCount * Double(shape.channels))).squareRoot(), contrast: variance.squareRoot(),
            colorContrast: max(0, colorVariance).squareRoot())
    }
}

/// What a straight line through pairs of intensities follows from; exact.
private struct IntensitySums {
    var (count, a, b, aa, bb, ab) = (0, 0, 0, 0, 0, 0)
    /// How often each is 255.
    var (cutOffA, cutOffB) = (0, 0)

    mutating func add(_ a: UInt8, _ b: UInt8, _ isCutOff: Bool) {
        if a == 255 { cutOffA += 1 }
        if b == 255 { cutOffB += 1 }
        if isCutOff, a == 255 || b == 255 { return }
        let (a, b) = (Int(a), Int(b))
        count += 1
        self.a += a
        self.b += b
        aa += a * a
        bb += b * b
        ab += a * b
    }

    var reversed: IntensitySums {
        var sums = self
        (sums.a, sums.b, sums.aa, sums.bb) = (b, a, bb, aa)
        return sums
    }

    /// The line that predicts b from a with the least squares; `nil` where there is none with a gain from 0.4 to 2.5.
    var line: (gain: Double, offset: Double)? {
        // By the number of intensities; integers of 64 bits hold it for images of 1,024 × 1,024 pixels in colour.
        let variance = count * aa - a * a
        guard variance > 0 else { return nil }
        let gain = Double(count * ab - a * b) / Double(variance)
        guard (0.4...2.5).contains(gain) else { return nil }
        return (gain, (Double(b) - gain * Double(a)) / Double(count))
    }
}
