import Crypto
import SystemPackage

/// A data set's images and labels, read from its four IDX files and checked.
public struct ImageDataset: Sendable {
    /// One of the two halves.
    public struct Half: Sendable {
        /// One an image.
        public let labels: [UInt8]
        /// image × height × width intensities, 0…255.
        public let pixels: [UInt8]
    }

    public let training: Half
    public let test: Half
    /// Pixels.
    public let height: Int
    /// Pixels.
    public let width: Int
    /// Label 0 is the first.
    public let classNames: [String]

    /// Reads the four files of a folder, raw or packed, with `-` or `.` before `idx`.
    ///
    /// - Parameter checksums: SHA-256 of the unpacked files, when the data set is a known one.
    /// - Throws: `DatasetError`.
    public init(folder: FilePath, classNames: [String], checksums: [IDXName: String] = [:]) throws {
        func read(_ name: IDXName) throws -> IDXFile {
            let file = try IDXFile(name.path(in: folder), dimensionCount: name.isImages ? 3 : 1)
            if let expected = checksums[name] {
                let found = file.sha256
                guard found == expected else {
                    throw DatasetError.checksum(file: file.path.string, found: found, expected: expected)
                }
            }
            return file
        }
        func half(_ imageName: IDXName, _ labelName: IDXName) throws -> (Half, size: [Int]) {
            let (labels, images) = (try read(labelName), try read(imageName))
            guard labels.dimensions[0] == images.dimensions[0] else {
                throw DatasetError.counts(
                    images: images.dimensions[0], labels: labels.dimensions[0], imageFile: images.path.string,
                    labelFile: labels.path.string)
            }
            if let position = labels.values.firstIndex(where: { Int($0) >= classNames.count }) {
                throw DatasetError.label(
                    Int(labels.values[position]), position: position, classes: classNames.count,
                    file: labels.path.string)
            }
            return (Half(labels: labels.values, pixels: images.values), Array(images.dimensions[1...]))
        }
        let (test, testSize) = try half(.testImages, .testLabels)
        let (training, size) = try half(.trainingImages, .trainingLabels)
        guard size == testSize else {
            throw DatasetError.sizes(training: "\(size[0]) × \(size[1])", test: "\(testSize[0]) × \(testSize[1])")
        }
        self.training = training
        self.test = test
        height = size[0]
        width = size[1]
        self.classNames = classNames
    }

    /// SHA-256 of one half's shape, labels and pixels, in hexadecimal: the same content has the same fingerprint, however
    /// its files were named or packed, and whatever the other half is.
    ///
    /// Hashed are the numbers of samples, channels, rows and columns with 8 bytes each, the labels with 2, the most
    /// significant first, and then the pixels.
    public func fingerprint(of half: Half) -> String {
        var hash = SHA256()
        for number in [half.labels.count, 1, height, width] {
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

    var isImages: Bool { self == .trainingImages || self == .testImages }

    /// The names under which the file may stand.
    var spellings: [String] {
        let dotted = rawValue.replacing("-idx", with: ".idx")
        return [rawValue + ".gz", rawValue, dotted + ".gz", dotted]
    }

    /// The file of a folder.
    func path(in folder: FilePath) throws -> FilePath {
        let paths = spellings.map { folder.appending($0) }
        guard let path = paths.first(where: exists) else {
            guard exists(folder) else { throw DatasetError.file(folder.string, "There is no such folder.") }
            throw DatasetError.missing(folder: folder.string, file: rawValue)
        }
        return path
    }
}

extension IDXFile {
    /// SHA-256 of the file as it is without gzip, in hexadecimal.
    var sha256: String {
        var hash = SHA256()
        hash.update(data: [0, 0, 8, UInt8(dimensions.count)])
        for dimension in dimensions {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: dimension).bigEndian) { hash.update(bufferPointer: $0) }
        }
        hash.update(data: values)
        return hash.finalize().hexadecimal
    }
}

extension SHA256.Digest {
    /// Its description is “SHA256 digest: …”.
    var hexadecimal: String { String(description.suffix(2 * SHA256.byteCount)) }
}
