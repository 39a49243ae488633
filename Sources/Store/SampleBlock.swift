/// The samples of one split, in order of index.
package struct SampleBlock: Sendable {
    /// Keys in the database; empty for samples that are not stored yet.
    package var ids: [Int] = []
    package var labels: [UInt16]
    /// count × channels × height × width intensities, 0…255.
    package var pixels: [UInt8]
    /// What is measured of them; `nil` where nothing was. Not read back.
    package var features: SampleFeatures?

    package init(labels: [UInt16], pixels: [UInt8], features: SampleFeatures? = nil) {
        self.labels = labels
        self.pixels = pixels
        self.features = features
    }
}

/// Samples that are to be stored: read in pieces, so that they need not be in memory.
package protocol SampleSource {
    /// One a sample, in order of index.
    var labels: [UInt16] { get }
    /// Bytes of all pixels.
    var byteCount: Int { get }
    /// Columns of `registry.sample_feature` that are measured; empty for none.
    var featureNames: [StaticString] { get }
    /// How far each sample is from the mean training image of its class; empty where nothing is measured.
    var classDistances: [Float?] { get }

    /// Hands the pixels of consecutive samples to `body`.
    func withPixels(of range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws
    /// A row for each of these samples, in the order of `featureNames`; `nil` for what cannot be measured.
    func featureRows(of range: Range<Int>) throws -> [[Float?]]
}

extension SampleSource {
    /// Rows are cut out of the pixels by these sizes.
    func check(against description: DatasetDescription) throws {
        let (classes, size) = (description.classNames.count, description.bytesPerSample)
        func check(_ isRight: Bool, _ reason: @autoclosure () -> String) throws {
            guard isRight else { throw InconsistentDataset("The data set “\(description.name)”", reason()) }
        }
        try check((1...32_768).contains(classes), "has \(classes) classes")
        try check(byteCount == labels.count * size, "has \(byteCount) bytes in \(labels.count) images")
        if let label = labels.first(where: { Int($0) >= classes }) {
            try check(false, "has the label \(label), and there are \(classes) classes")
        }
    }

    /// Ranges of samples whose pixels together have about so many bytes.
    func blocks(of bytes: Int) -> [Range<Int>] {
        let count = max(1, bytes / max(1, byteCount / max(1, labels.count)))
        return stride(from: 0, to: labels.count, by: count).map { $0..<min($0 + count, labels.count) }
    }
}

extension SampleBlock: SampleSource {
    package var byteCount: Int { pixels.count }
    package var featureNames: [StaticString] { features?.names ?? [] }
    package var classDistances: [Float?] { features?.classDistances ?? [] }

    package func withPixels(of range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let size = byteCount / labels.count
        try pixels[range.lowerBound * size..<range.upperBound * size].withUnsafeBytes(body)
    }

    package func featureRows(of range: Range<Int>) throws -> [[Float?]] { Array(features?.rows[range] ?? []) }
}

/// What is measured of samples, in their order; `nil` where it cannot be.
package struct SampleFeatures: Sendable {
    /// Columns of `registry.sample_feature`.
    package var names: [StaticString]
    /// A row for each sample, in the order of `names`.
    package var rows: [[Float?]]
    /// How far each sample is from the mean training image of its class.
    package var classDistances: [Float?]

    package init(names: [StaticString], rows: [[Float?]], classDistances: [Float?]) {
        self.names = names
        self.rows = rows
        self.classDistances = classDistances
    }
}
