/// The samples of one split, in order of index.
public struct SampleBlock: Sendable {
    /// Keys in the database; empty for samples that are not stored yet.
    public var ids: [Int] = []
    public var labels: [UInt16]
    /// count × channels × height × width intensities, 0…255.
    public var pixels: [UInt8]
    /// What is measured of them; `nil` where nothing was. Not read back.
    public var features: SampleFeatures?

    public init(labels: [UInt16], pixels: [UInt8], features: SampleFeatures? = nil) {
        self.labels = labels
        self.pixels = pixels
        self.features = features
    }

    /// Rows are cut out of the pixels by these sizes.
    func check(against description: DatasetDescription) throws {
        let (classes, size) = (description.classNames.count, description.bytesPerSample)
        func check(_ isRight: Bool, _ reason: @autoclosure () -> String) throws {
            guard isRight else { throw InconsistentDataset("The data set “\(description.name)”", reason()) }
        }
        try check((1...32_768).contains(classes), "has \(classes) classes")
        try check(pixels.count == labels.count * size, "has \(pixels.count) bytes in \(labels.count) images")
        if let label = labels.first(where: { Int($0) >= classes }) {
            try check(false, "has the label \(label), and there are \(classes) classes")
        }
    }
}

/// What is measured of samples, in their order; `nil` where it cannot be.
public struct SampleFeatures: Sendable {
    /// Columns of `registry.sample_feature`.
    public var names: [StaticString]
    /// A row for each sample, in the order of `names`.
    public var rows: [[Float?]]
    /// How far each sample is from the mean training image of its class.
    public var classDistances: [Float?]

    public init(names: [StaticString], rows: [[Float?]], classDistances: [Float?]) {
        self.names = names
        self.rows = rows
        self.classDistances = classDistances
    }
}
