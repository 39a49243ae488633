import Crypto
import Samples
import SystemPackage

/// Four IDX files in a folder, those of EMNIST and QMNIST among them.
enum IDXFolder {
    /// - Returns: `nil` when none of the files has the name of an IDX file.
    static func form(of names: [String]) -> DatasetForm? {
        let prefixes = names.compactMap { DatasetFolder.parts(of: $0)?.prefix }
        guard !prefixes.isEmpty else { return nil }
        return !prefixes.contains("") && prefixes.allSatisfy { $0.hasPrefix("emnist") } ? .emnist : .idx
    }

    /// All headers are compared before any content is read.
    ///
    /// - Parameters:
    ///   - isTransposed: Whether images stand column by column, and letters are labelled from 1, as in EMNIST.
    ///   - classNames: `nil` for those of EMNIST's parts, or the ten digits.
    ///   - checksums: SHA-256 of the unpacked files, when the data set is a known one.
    static func open(
        _ folder: FilePath, isTransposed: Bool = false, classNames: [String]?, checksums: [IDXName: String] = [:]
    ) throws -> SourceDataset {
        let files = try DatasetFolder(folder)
        func half(_ images: IDXName, _ labels: IDXName) throws -> HalfFiles {
            try HalfFiles(
                images: SourceTwins(files.paths[images] ?? [], .images, checksum: checksums[images]),
                labels: SourceTwins(files.paths[labels] ?? [], .labels, checksum: checksums[labels]))
        }
        let training = try half(.trainingImages, .trainingLabels)
        let test = try half(.testImages, .testLabels)
        guard training.shape == test.shape else {
            throw DatasetError.sizes(training: training.shape.description, test: test.shape.description)
        }
        // Labels first: they are small, and many mistakes show in them.
        var labels = [try training.labels.labels(), try test.labels.labels()]
        if isTransposed, !labels.contains(where: { $0.contains(0) }),
            files.prefix.contains("letters") || labels.joined().max() == 26
        {
            labels = labels.map { $0.map { $0 - 1 } }
        }
        let names = classNames ?? (isTransposed ? EMNIST.classNames(of: files.prefix, labels) : KnownDataset.digits)
        func part(_ half: HalfFiles, _ labels: [UInt16]) throws -> SourceDataset.Part {
            let name = half.labels.file.path.string
            if let position = labels.firstIndex(where: { Int($0) >= names.count }) {
                throw DatasetError.label(
                    Int(labels[position]), position: position, largest: Int(labels.max() ?? 0), classes: names.count,
                    file: name)
            }
            return SourceDataset.Part(labels: labels, images: half.stream(isTransposed: isTransposed), name: name)
        }
        return SourceDataset(
            parts: [.training: try part(training, labels[0]), .test: try part(test, labels[1])], classNames: names)
    }
}

/// What EMNIST's parts call their classes.
///
/// - Source: Cohen et al., “EMNIST: an extension of MNIST to handwritten letters”, 2017, and its mapping files.
enum EMNIST {
    static func classNames(of prefix: String, _ labels: [[UInt16]]) -> [String] {
        let (digits, capitals) = (KnownDataset.digits, letters("A"..."Z"))
        if prefix.contains("letters") { return letters("a"..."z") }
        if prefix.contains("byclass") { return digits + capitals + letters("a"..."z") }
        if prefix.contains("balanced") || prefix.contains("bymerge") {
            return digits + capitals + ["a", "b", "d", "e", "f", "g", "h", "n", "q", "r", "t"]
        }
        switch Int(labels.joined().max() ?? 0) {
        case 10...25: return letters("a"..."z")
        case 26...46: return digits + capitals + ["a", "b", "d", "e", "f", "g", "h", "n", "q", "r", "t"]
        case 47...: return digits + capitals + letters("a"..."z")
        default: return digits
        }
    }

    private static func letters(_ range: ClosedRange<Unicode.Scalar>) -> [String] {
        (range.lowerBound.value...range.upperBound.value).compactMap {
            Unicode.Scalar($0).map { String(Character($0)) }
        }
    }
}

/// The four files of a data set.
package enum IDXName: String, Sendable, CaseIterable {
    case trainingImages = "train-images-idx3-ubyte"
    case trainingLabels = "train-labels-idx1-ubyte"
    case testImages = "t10k-images-idx3-ubyte"
    case testLabels = "t10k-labels-idx1-ubyte"
}

/// A file of a data set, and the same file in another form beside it, e.g. raw and packed.
private struct SourceTwins {
    let file: IDXFile
    let others: [IDXFile]
    let checksum: String?

    /// - Parameter paths: At least one.
    init(_ paths: [FilePath], _ content: IDXFile.Content, checksum: String?) throws {
        let files = try paths.map { try IDXFile($0, content) }
        (file, others) = (files[0], Array(files.dropFirst()))
        self.checksum = checksum
    }

    /// - Throws: `DatasetError` also when the two do not hold the same.
    func labels() throws -> [UInt16] {
        let values = try file.values(checksum: checksum)
        try compare { try $0.values() == values }
        return values
    }

    /// - Throws: As `labels`.
    func intensities(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        var hash = SHA256()
        try file.intensities(checksum: checksum) {
            if !others.isEmpty { hash.update(bufferPointer: $0) }
            try take($0)
        }
        let digest = hash.finalize()
        try compare {
            var other = SHA256()
            try $0.intensities { other.update(bufferPointer: $0) }
            return other.finalize() == digest
        }
    }

    private func compare(_ isSame: (IDXFile) throws -> Bool) throws {
        for other in others {
            guard try other.dimensions == file.dimensions && isSame(other) else {
                throw DatasetError.file(other.path.string, "It differs from \(file.path). Remove one of the two.")
            }
        }
    }
}

/// The two files of a half, their headers compared.
private struct HalfFiles {
    let images: SourceTwins
    let labels: SourceTwins
    let shape: ImageShape
    private let layout: PixelLayout

    init(images: SourceTwins, labels: SourceTwins) throws {
        (self.images, self.labels) = (images, labels)
        let sizes = images.file.dimensions
        let count = labels.file.dimensions[0]
        guard sizes[0] == count else {
            throw DatasetError.counts(
                images: sizes[0], labels: count, imageFile: images.file.path.string,
                labelFile: labels.file.path.string)
        }
        (shape, layout) = try images.file.images()
    }

    func stream(isTransposed: Bool) -> ArrayStream {
        let isTransposed = isTransposed && shape.channels == 1
        let shape = isTransposed ? ImageShape(channels: 1, height: shape.width, width: shape.height) : shape
        return ArrayStream(
            count: images.file.dimensions[0], shape: shape, layout: isTransposed ? .columns : layout,
            read: images.intensities)
    }
}
