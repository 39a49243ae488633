import Samples

/// The features of the samples of a split, measured when they are asked for.
package struct FeatureTable: SampleSource, Sendable {
    private let samples: SampleSet
    /// How far each image is from the mean training image of its class; `nil` for a class that training does not have,
    /// and for an image without ink.
    package let classDistances: [Float?]

    /// The features of all splits of a data set, in the order training, validation if there is one, test.
    package static func measure(_ dataset: ImageDataset) throws -> [FeatureTable] {
        let splits = [dataset.training] + (dataset.validation.map { [$0] } ?? []) + [dataset.test]
        let distances = try ClassDistances.measure(
            splits, from: dataset.training, classes: dataset.classNames.count)
        return zip(splits, distances).map { FeatureTable(samples: $0, classDistances: $1) }
    }

    package var labels: [UInt16] { samples.labels }
    package var byteCount: Int { samples.byteCount }
    package var featureNames: [StaticString] { Self.features.map(\.name) }

    package func withPixels(of range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try samples.withPixels(of: range, body)
    }

    /// Measured on all processors.
    package func featureRows(of range: Range<Int>) throws -> [[Float?]] {
        let shape = samples.shape
        return try samples.withPixels(of: range) { pixels in
            guard let start = pixels.bindMemory(to: UInt8.self).baseAddress else { return [] }
            // It is only read.
            nonisolated(unsafe) let source = start
            var rows = [[Float?]](repeating: [], count: range.count)
            rows.withUnsafeMutableBufferPointer { rows in
                // Each thread writes to rows of its own.
                nonisolated(unsafe) let rows = rows
                inPieces(of: range.count) { piece in
                    for index in piece {
                        let image = UnsafeBufferPointer(start: source + index * shape.count, count: shape.count)
                        let features = ImageFeatures(GreyImage(image, shape))
                        rows[index] = Self.features.map { feature in
                            features.flatMap(feature.value).map { Float($0) }
                        }
                    }
                }
            }
            return rows
        }
    }

    private static let features: [(name: StaticString, value: @Sendable (ImageFeatures) -> Double?)] = [
        ("ink", \.ink), ("slant", \.slant), ("stroke_width", \.strokeWidth), ("sharpness", \.sharpness),
        ("box_width", \.boxWidth), ("box_height", \.boxHeight), ("cut_top", \.cutTop), ("cut_bottom", \.cutBottom),
        ("cut_left", \.cutLeft), ("cut_right", \.cutRight), ("pieces", \.pieces), ("holes", \.holes),
    ]
}
