import Samples

/// One image, of colours their luminance: what features are measured on.
struct GreyImage {
    let height: Int
    let width: Int
    /// Row by row, 0…1.
    let values: [Float]

    /// - Parameter pixels: channels × height × width intensities, 0…255.
    init(_ pixels: UnsafeBufferPointer<UInt8>, _ shape: ImageShape) {
        height = shape.height
        width = shape.width
        let plane = height * width
        values = (0..<plane).map { position in
            guard shape.channels == 3 else { return Float(pixels[position]) / 255 }
            let (red, green, blue) = (pixels[position], pixels[plane + position], pixels[2 * plane + position])
            // Recommendation ITU-R BT.601, not rounded: what is not black stays so.
            return (Float(red) * 299 + Float(green) * 587 + Float(blue) * 114) / 255_000
        }
    }

    init(height: Int, width: Int, values: [Float]) {
        self.height = height
        self.width = width
        self.values = values
    }

    subscript(row: Int, column: Int) -> Float { values[row * width + column] }

    /// Where the ink is: values from half of the brightest on.
    var ink: InkMask {
        let brightest = values.max() ?? 0
        return InkMask(height: height, width: width, isInk: values.map { $0 > 0 && $0 >= brightest / 2 })
    }

    /// The part of it with some rows and columns and one more on each side, where there is one.
    func cropped(to bounds: (rows: ClosedRange<Int>, columns: ClosedRange<Int>)) -> GreyImage {
        let rows = max(bounds.rows.lowerBound - 1, 0)...min(bounds.rows.upperBound + 1, height - 1)
        let columns = max(bounds.columns.lowerBound - 1, 0)...min(bounds.columns.upperBound + 1, width - 1)
        return GreyImage(
            height: rows.count, width: columns.count,
            values: rows.flatMap { row in
                values[row * width + columns.lowerBound...row * width + columns.upperBound]
            })
    }

    /// Twice as high and wide, bilinear between the pixels' centres.
    var doubled: GreyImage {
        var result = [Float](repeating: 0, count: 4 * values.count)
        for row in 0..<2 * height {
            let (upper, lower) = Self.neighbours(row, height)
            for column in 0..<2 * width {
                let (left, right) = Self.neighbours(column, width)
                result[row * 2 * width + column] =
                    (self[upper, left] * 9 + (self[upper, right] + self[lower, left]) * 3 + self[lower, right]) / 16
            }
        }
        return GreyImage(height: 2 * height, width: 2 * width, values: result)
    }

    /// The pixel that a pixel of the doubled image lies in, and the next nearest one.
    private static func neighbours(_ position: Int, _ count: Int) -> (near: Int, far: Int) {
        let near = position / 2
        return (near, min(max(position % 2 == 0 ? near - 1 : near + 1, 0), count - 1))
    }
}

/// Which pixels of an image are ink.
struct InkMask {
    let height: Int
    let width: Int
    /// Row by row.
    let isInk: [Bool]

    subscript(row: Int, column: Int) -> Bool { isInk[row * width + column] }

    /// Rows and columns that the ink lies in; `nil` without ink.
    var bounds: (rows: ClosedRange<Int>, columns: ClosedRange<Int>)? {
        ImageShape(channels: 1, height: height, width: width).bounds { self[$0, $1] }
    }
}
