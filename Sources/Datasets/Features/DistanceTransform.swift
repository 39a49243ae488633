extension InkMask {
    /// For each pixel of ink, the distance from its centre to the nearest point of background, in pixels; what lies
    /// beyond the image is background.
    ///
    /// - Source: Felzenszwalb and Huttenlocher, “Distance transforms of sampled functions”, 2012.
    func distancesToBackground() -> [Float] {
        // With a frame of background, so that a nearest one always exists.
        let (outerHeight, outerWidth) = (height + 2, width + 2)
        var squares = [Float](repeating: 0, count: outerHeight * outerWidth)
        for row in 0..<height {
            for column in 0..<width where self[row, column] {
                squares[(row + 1) * outerWidth + column + 1] = Float(
                    outerHeight * outerHeight + outerWidth * outerWidth)
            }
        }
        var envelope = LowerEnvelope(capacity: max(outerHeight, outerWidth))
        for column in 0..<outerWidth {
            envelope.transform(&squares, from: column, stride: outerWidth, count: outerHeight)
        }
        for row in 0..<outerHeight {
            envelope.transform(&squares, from: row * outerWidth, stride: 1, count: outerWidth)
        }
        return isInk.indices.filter { isInk[$0] }.map { position in
            let (row, column) = position.quotientAndRemainder(dividingBy: width)
            // From the centre to the border of the nearest background pixel.
            return squares[(row + 1) * outerWidth + column + 1].squareRoot() - 0.5
        }
    }
}

/// The lowest of parabolas, one over each element of a line.
private struct LowerEnvelope {
    private var roots: [Int]
    private var borders: [Float]
    private var line: [Float]

    init(capacity: Int) {
        roots = Array(repeating: 0, count: capacity)
        borders = Array(repeating: 0, count: capacity + 1)
        line = Array(repeating: 0, count: capacity)
    }

    /// Replaces each element f(p) by the minimum over q of (p − q)² + f(q).
    mutating func transform(_ values: inout [Float], from start: Int, stride: Int, count: Int) {
        for index in 0..<count { line[index] = values[start + index * stride] }
        var last = 0
        roots[0] = 0
        borders[0] = -.infinity
        borders[1] = .infinity
        for index in 1..<count {
            var border = crossing(index, roots[last])
            while border <= borders[last] {
                last -= 1
                border = crossing(index, roots[last])
            }
            last += 1
            roots[last] = index
            borders[last] = border
            borders[last + 1] = .infinity
        }
        var current = 0
        for index in 0..<count {
            while borders[current + 1] < Float(index) { current += 1 }
            let distance = Float(index - roots[current])
            values[start + index * stride] = distance * distance + line[roots[current]]
        }
    }

    /// Where the parabola over `a` goes below that over `b` < `a`.
    private func crossing(_ a: Int, _ b: Int) -> Float {
        (line[a] + Float(a * a) - line[b] - Float(b * b)) / Float(2 * (a - b))
    }
}
