import Crypto
import SystemPackage

/// A data set's images and labels, read from its four IDX files and checked.
public struct ImageDataset: Sendable {
    /// One of the two halves.
    public struct Half: Sendable {
        /// One an image.
        public let labels: [UInt8]
        /// image × channels × height × width intensities, 0…255.
        public let pixels: [UInt8]
    }

    public let training: Half
    public let test: Half
    /// 1, or 3 for colours.
    public let channels: Int
    /// Pixels.
    public let height: Int
    /// Pixels.
    public let width: Int
    /// Label 0 is the first.
    public let classNames: [String]

    /// Reads the four files of a folder, raw or packed, with `-` or `.` before `idx`, in upper or lower case, and with
    /// anything that EMNIST or QMNIST puts before their names.
    ///
    /// All headers are compared before any content is read.
    ///
    /// - Parameter checksums: SHA-256 of the unpacked files, when the data set is a known one.
    /// - Throws: `DatasetError`.
    public init(folder: FilePath, classNames: [String], checksums: [IDXName: String] = [:]) throws {
        let paths = try DatasetFolder(folder).paths
        func half(_ images: IDXName, _ labels: IDXName) throws -> HalfFiles {
            try HalfFiles(
                images: SourceTwins(paths[images] ?? [], .images, checksum: checksums[images]),
                labels: SourceTwins(paths[labels] ?? [], .labels, checksum: checksums[labels]))
        }
        let training = try half(.trainingImages, .trainingLabels)
        let test = try half(.testImages, .testLabels)
        guard training.shape == test.shape else {
            throw DatasetError.sizes(training: training.shape.description, test: test.shape.description)
        }
        // Labels first: they are small, and many mistakes show in them.
        let labels = (
            training: try training.readLabels(classes: classNames.count),
            test: try test.readLabels(classes: classNames.count)
        )
        self.test = Half(labels: labels.test, pixels: try test.readPixels())
        self.training = Half(labels: labels.training, pixels: try training.readPixels())
        channels = training.shape.channels
        height = training.shape.height
        width = training.shape.width
        self.classNames = classNames
    }

    /// SHA-256 of one half's shape, labels and pixels, in hexadecimal: the same content has the same fingerprint, however
    /// its files were named or packed, and whatever the other half is.
    ///
    /// Hashed are the numbers of samples, channels, rows and columns with 8 bytes each, the labels with 2, the most
    /// significant first, and then the pixels.
    public func fingerprint(of half: Half) -> String {
        var hash = SHA256()
        for number in [half.labels.count, channels, height, width] {
            withUnsafeBytes(of: UInt64(number).bigEndian) { hash.update(bufferPointer: $0) }
        }
        hash.update(data: half.labels.flatMap { [0, $0] })
        hash.update(data: half.pixels)
        return hash.finalize().hexadecimal
    }

    /// Mean and population standard deviation of the training pixels, scaled to 0…1; exact up to the last division and
    /// root.
    public func trainingMoments() -> (mean: Double, standardDeviation: Double) {
        var counts = [Int](repeating: 0, count: 256)
        for value in training.pixels { counts[Int(value)] += 1 }
        let count = Double(training.pixels.count)
        let mean = Double(counts.indices.reduce(0) { $0 + $1 * counts[$1] }) / count
        let squares = counts.indices.reduce(0.0) { sum, value in
            sum + Double(counts[value]) * (Double(value) - mean) * (Double(value) - mean)
        }
        return (mean / 255, (squares / count).squareRoot() / 255)
    }
}

/// The four files of a data set.
public enum IDXName: String, Sendable, CaseIterable {
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
    func read() throws -> [UInt8] {
        let values = try file.values(checksum: checksum)
        for other in others {
            guard try other.dimensions == file.dimensions && other.values() == values else {
                throw DatasetError.file(other.path.string, "It differs from \(file.path). Remove one of the two.")
            }
        }
        return values
    }
}

/// The two files of a half, their headers compared.
private struct HalfFiles {
    struct Shape: Equatable, CustomStringConvertible {
        let channels: Int
        let height: Int
        let width: Int

        var description: String { "\(channels) × \(height) × \(width)" }
    }

    let images: SourceTwins
    let labels: SourceTwins
    let shape: Shape
    /// Whether the channels of a pixel stand side by side.
    private let isInterleaved: Bool

    init(images: SourceTwins, labels: SourceTwins) throws {
        (self.images, self.labels) = (images, labels)
        let sizes = images.file.dimensions
        let count = labels.file.dimensions[0]
        guard sizes[0] == count else {
            throw DatasetError.counts(
                images: sizes[0], labels: count, imageFile: images.file.path.string,
                labelFile: labels.file.path.string)
        }
        isInterleaved = sizes.count == 4 && ![1, 3].contains(sizes[1])
        if sizes.count == 3 {
            shape = Shape(channels: 1, height: sizes[1], width: sizes[2])
        } else if !isInterleaved {
            shape = Shape(channels: sizes[1], height: sizes[2], width: sizes[3])
        } else if [1, 3].contains(sizes[3]) {
            shape = Shape(channels: sizes[3], height: sizes[1], width: sizes[2])
        } else {
            throw DatasetError.file(
                images.file.path.string,
                "Its dimensions are \(sizes.map(String.init).joined(separator: " × ")); of four the second or the last "
                    + "must be the channels, 1 or 3.")
        }
        guard shape.height <= 65_536, shape.width <= 65_536 else {
            throw DatasetError.file(
                images.file.path.string, "Its images are \(shape); more than 65,536 rows or columns are not read.")
        }
    }

    func readLabels(classes: Int) throws -> [UInt8] {
        let values = try labels.read()
        if let position = values.firstIndex(where: { Int($0) >= classes }) {
            throw DatasetError.label(
                Int(values[position]), position: position, largest: Int(values.max() ?? 0), classes: classes,
                file: labels.file.path.string)
        }
        return values
    }

    /// Channel by channel.
    func readPixels() throws -> [UInt8] {
        let values = try images.read()
        guard isInterleaved, shape.channels > 1 else { return values }
        let (plane, channels) = (shape.height * shape.width, shape.channels)
        return [UInt8](unsafeUninitializedCapacity: values.count) { pixels, count in
            for (offset, value) in values.enumerated() {
                let (image, place) = offset.quotientAndRemainder(dividingBy: plane * channels)
                pixels[image * plane * channels + place % channels * plane + place / channels] = value
            }
            count = values.count
        }
    }
}

extension SHA256.Digest {
    /// Its description is “SHA256 digest: …”.
    var hexadecimal: String { String(description.suffix(2 * SHA256.byteCount)) }
}
