import Dispatch

/// The features of many images, a row for each image.
public struct FeatureTable: Sendable {
    /// What the database calls the features, in the order of a row's values.
    public static let names: [StaticString] = features.map(\.name)

    /// In order of the images; `nil` for what cannot be measured.
    public let rows: [[Float?]]
    /// How far each image is from the mean training image of its class; `nil` for a class that training does not have,
    /// and for an image without ink.
    public let classDistances: [Float?]

    /// Measures both halves of a data set, on all processors.
    public static func measure(_ dataset: ImageDataset) -> (training: FeatureTable, test: FeatureTable) {
        let means = ClassMeans(dataset.training, pixelCount: dataset.channels * dataset.height * dataset.width)
        return (
            FeatureTable(dataset.training, of: dataset, means: means),
            FeatureTable(dataset.test, of: dataset, means: means)
        )
    }

    private init(_ half: ImageDataset.Half, of dataset: ImageDataset, means: ClassMeans) {
        let count = half.labels.count
        let (channels, height, width) = (dataset.channels, dataset.height, dataset.width)
        let size = channels * height * width
        var measured = [(row: [Float?], distance: Float?)](repeating: ([], nil), count: count)
        measured.withUnsafeMutableBufferPointer { measured in
            let measured = UncheckedRows(pointer: measured)
            let pieces = 64
            DispatchQueue.concurrentPerform(iterations: pieces) { piece in
                for index in count * piece / pieces..<count * (piece + 1) / pieces {
                    let pixels = half.pixels[index * size..<(index + 1) * size]
                    let features = ImageFeatures(pixels, channels: channels, height: height, width: width)
                    measured.pointer[index] = (
                        Self.features.map { feature in features.flatMap(feature.value).map { Float($0) } },
                        features == nil ? nil : means.distance(of: pixels, label: half.labels[index])
                    )
                }
            }
        }
        rows = measured.map(\.row)
        classDistances = measured.map(\.distance)
    }

    private static let features: [(name: StaticString, value: @Sendable (ImageFeatures) -> Double?)] = [
        ("ink", \.ink), ("slant", \.slant), ("stroke_width", \.strokeWidth), ("sharpness", \.sharpness),
        ("box_width", \.boxWidth), ("box_height", \.boxHeight), ("cut_top", \.cutTop), ("cut_bottom", \.cutBottom),
        ("cut_left", \.cutLeft), ("cut_right", \.cutRight), ("pieces", \.pieces), ("holes", \.holes),
    ]
}

/// `@unchecked`: each thread writes to rows of its own.
private struct UncheckedRows: @unchecked Sendable {
    let pointer: UnsafeMutableBufferPointer<(row: [Float?], distance: Float?)>
}

/// The mean image of each class.
private struct ClassMeans {
    /// label → one mean a pixel, 0…1.
    private var means: [UInt8: [Float]] = [:]

    init(_ half: ImageDataset.Half, pixelCount: Int) {
        for label in Set(half.labels) {
            var sum = [Int](repeating: 0, count: pixelCount)
            var count = 0
            half.pixels.withUnsafeBufferPointer { pixels in
                for (index, other) in half.labels.enumerated() where other == label {
                    count += 1
                    for position in 0..<pixelCount { sum[position] += Int(pixels[index * pixelCount + position]) }
                }
            }
            means[label] = sum.map { Float($0) / Float(255 * count) }
        }
    }

    /// Root mean square difference of an image from its class's mean; `nil` for a class without training images.
    func distance(of pixels: ArraySlice<UInt8>, label: UInt8) -> Float? {
        guard let mean = means[label] else { return nil }
        var sum: Float = 0
        for (pixel, mean) in zip(pixels, mean) {
            let difference = Float(pixel) / 255 - mean
            sum += difference * difference
        }
        return (sum / Float(mean.count)).squareRoot()
    }
}
