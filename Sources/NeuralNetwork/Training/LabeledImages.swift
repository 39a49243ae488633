/// Images of one size with the class of each. Intensities stay bytes; they become numbers as a batch is gathered.
public struct LabeledImages: Sendable {
    public let shape: ImageShape
    /// image × channels × height × width intensities, 0…255.
    public let pixels: [UInt8]
    /// One an image.
    public let labels: [UInt16]

    public init(shape: ImageShape, pixels: [UInt8], labels: [UInt16]) {
        self.shape = shape
        self.pixels = pixels
        self.labels = labels
    }

    /// Images.
    public var count: Int { labels.count }
}

/// How intensities become a network's input: (intensity / 255 − mean) / standard deviation.
public struct Standardization: Codable, Hashable, Sendable {
    /// Of intensities scaled to 0…1.
    public var mean: Double
    /// Of intensities scaled to 0…1.
    public var standardDeviation: Double

    public init(mean: Double, standardDeviation: Double) {
        self.mean = mean
        self.standardDeviation = standardDeviation
    }

    /// Intensities only scaled to 0…1.
    static let none = Standardization(mean: 0, standardDeviation: 1)

    /// intensity · scale + offset is the input.
    var scale: Float { Float(1 / (255 * standardDeviation)) }
    var offset: Float { Float(-mean / standardDeviation) }
}
