import Dispatch

/// The features of many images, a column a feature.
public struct FeatureTable: Sendable {
    /// Name → one value an image, in order. Names are those of the database's columns.
    public private(set) var columns: [String: [Float]]

    /// Measures both halves of a data set, on all processors.
    public static func measure(_ dataset: ImageDataset) -> (training: FeatureTable, test: FeatureTable) {
        let means = ClassMeans(dataset.training, pixelCount: dataset.height * dataset.width)
        return (
            FeatureTable(dataset.training, height: dataset.height, width: dataset.width, means: means),
            FeatureTable(dataset.test, height: dataset.height, width: dataset.width, means: means)
        )
    }

    private init(_ half: ImageDataset.Half, height: Int, width: Int, means: ClassMeans) {
        let count = half.labels.count
        let size = height * width
        var rows = [[Float]](repeating: [], count: count)
        rows.withUnsafeMutableBufferPointer { rows in
            let rows = UncheckedRows(pointer: rows)
            let pieces = 64
            DispatchQueue.concurrentPerform(iterations: pieces) { piece in
                for index in count * piece / pieces..<count * (piece + 1) / pieces {
                    let pixels = half.pixels[index * size..<(index + 1) * size]
                    let features = ImageFeatures(pixels, channels: 1, height: height, width: width)
                    rows.pointer[index] =
                        Self.features.map { Float(features[keyPath: $0.path]) }
                        + [means.distance(of: pixels, label: half.labels[index])]
                }
            }
        }
        columns = [:]
        for (position, name) in (Self.features.map(\.name) + ["class_distance"]).enumerated() {
            columns[name] = rows.map { $0[position] }
        }
    }

    private static let features: [(name: String, path: KeyPath<ImageFeatures, Double> & Sendable)] = [
        ("ink", \.ink), ("slant", \.slant), ("stroke_width", \.strokeWidth), ("sharpness", \.sharpness),
        ("box_width", \.boxWidth), ("box_height", \.boxHeight), ("cut_top", \.cutTop), ("cut_bottom", \.cutBottom),
        ("cut_left", \.cutLeft), ("cut_right", \.cutRight), ("pieces", \.pieces), ("holes", \.holes),
    ]
}

/// `@unchecked`: each thread writes to rows of its own.
private struct UncheckedRows: @unchecked Sendable {
    let pointer: UnsafeMutableBufferPointer<[Float]>
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

    /// Root mean square difference of an image from its class's mean; 0 for a class without training images.
    func distance(of pixels: ArraySlice<UInt8>, label: UInt8) -> Float {
        guard let mean = means[label] else { return 0 }
        var sum: Float = 0
        for (pixel, mean) in zip(pixels, mean) {
            let difference = Float(pixel) / 255 - mean
            sum += difference * difference
        }
        return (sum / Float(mean.count)).squareRoot()
    }
}
