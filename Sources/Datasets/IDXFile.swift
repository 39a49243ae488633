import SystemPackage

/// A file of the IDX format, raw or packed with gzip: unsigned bytes in one or more dimensions.
///
/// Its header is big-endian: two zero bytes, 8 for unsigned bytes, the number of dimensions, then each dimension in four
/// bytes. The numbers follow, the last dimension innermost.
///
/// - Source: LeCun, Cortes and Burges, “The MNIST database of handwritten digits”, section “File formats”.
public struct IDXFile: Sendable {
    public let path: FilePath
    /// The first is the number of images or labels.
    public let dimensions: [Int]
    public let values: [UInt8]

    /// No data set of this program needs more; a larger announcement is a mistake or an attack.
    static let largestSize = 4 << 30

    /// Reads and checks a whole file.
    ///
    /// - Parameter dimensionCount: 1 for labels, 3 for images.
    /// - Throws: `DatasetError.file` when anything in the file contradicts the format. Memory is allocated only for sizes
    ///   that the file's own size allows.
    public init(_ path: FilePath, dimensionCount: Int) throws {
        let stored = try contents(of: path)
        let isPacked = stored.starts(with: [0x1F, 0x8B])
        let headerSize = 4 + 4 * dimensionCount
        self.path = path
        if isPacked {
            (dimensions, values) = try stored.withUnsafeBufferPointer { packed in
                guard var reader = GzipReader(packed), let header = reader.read(upTo: headerSize) else {
                    throw DatasetError.file(path.string, "The gzip data is damaged. Fetch the file again.")
                }
                let dimensions = try Self.dimensions(in: header[...], count: dimensionCount, path: path)
                let size = try Self.size(
                    dimensions, storedAtMost: packed.count.multipliedReportingOverflow(by: GzipReader.largestRatio),
                    path: path)
                return (dimensions, try Self.unpack(&reader, size: size, path: path))
            }
        } else {
            dimensions = try Self.dimensions(in: stored.prefix(headerSize), count: dimensionCount, path: path)
            let found = stored.count - headerSize
            let size = try Self.size(dimensions, storedAtMost: (found, false), path: path)
            guard size == found else { throw Self.trailing(found - size, path: path) }
            values = Array(stored[headerSize...])
        }
    }

    /// Reads the header.
    private static func dimensions(in header: ArraySlice<UInt8>, count: Int, path: FilePath) throws -> [Int] {
        let needed = 4 + 4 * count
        guard header.prefix(4).elementsEqual([0, 0, 8, UInt8(count)]) || header.count < 4 else {
            let found = header.prefix(4).map(hexadecimal).joined(separator: " ")
            let right = [0, 0, 8, UInt8(count)].map(hexadecimal).joined(separator: " ")
            throw DatasetError.file(
                path.string,
                "It begins with \(found); an IDX file of \(count == 1 ? "labels" : "images") begins with \(right).")
        }
        guard header.count == needed else {
            throw DatasetError.file(
                path.string, "It ends within its header: \(header.count) of \(needed) bytes. Fetch the file again.")
        }
        return (0..<count).map { index in
            let start = header.startIndex + 4 + 4 * index
            return header[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }

    /// The product of the dimensions, when so many bytes may be in the file.
    private static func size(
        _ dimensions: [Int], storedAtMost limit: (partialValue: Int, overflow: Bool), path: FilePath
    ) throws -> Int {
        let announced = dimensions.map(String.init).joined(separator: " × ")
        guard !dimensions.contains(0) else {
            throw DatasetError.file(path.string, "Its dimensions are \(announced): there is nothing in it.")
        }
        let size = dimensions.reduce(1 as Int?) { product, dimension in
            guard let (result, overflow) = product?.multipliedReportingOverflow(by: dimension) else { return nil }
            return overflow ? nil : result
        }
        guard let size, size <= largestSize else {
            throw DatasetError.file(
                path.string, "It announces \(announced) bytes; more than \(largestSize >> 30) GiB are not read.")
        }
        guard limit.overflow || size <= limit.partialValue else {
            throw cut(announced: size, found: "at most \(limit.partialValue.grouped)", path: path)
        }
        return size
    }

    /// Unpacks in pieces, so that memory grows with what is really there.
    private static func unpack(_ reader: inout GzipReader, size: Int, path: FilePath) throws -> [UInt8] {
        var values: [UInt8] = []
        while values.count < size {
            guard let piece = reader.read(upTo: min(size - values.count, 16 << 20)) else {
                throw DatasetError.file(path.string, "The gzip data is damaged. Fetch the file again.")
            }
            guard !piece.isEmpty else { throw cut(announced: size, found: values.count.grouped, path: path) }
            if values.isEmpty { values.reserveCapacity(min(size, piece.count * 8)) }
            values += piece
        }
        guard let rest = reader.read(upTo: 1) else {
            throw DatasetError.file(path.string, "The gzip data's checksum is wrong. Fetch the file again.")
        }
        guard rest.isEmpty else { throw trailing(nil, path: path) }
        guard reader.isAtEnd else {
            throw DatasetError.file(path.string, "The gzip data has no end. The file is cut short; fetch it again.")
        }
        guard reader.trailingBytes == 0 else { throw trailing(reader.trailingBytes, path: path) }
        return values
    }

    private static func cut(announced: Int, found: String, path: FilePath) -> DatasetError {
        .file(
            path.string,
            "\(announced.grouped) bytes are announced, \(found) found. The file is cut short; fetch it again.")
    }

    private static func trailing(_ count: Int?, path: FilePath) -> DatasetError {
        .file(
            path.string,
            "\(count.map { "\($0.grouped) bytes follow" } ?? "More follows") after the last value. "
                + "It is not the file that its header describes.")
    }
}

extension Int {
    /// With a comma every three digits.
    fileprivate var grouped: String {
        var digits = Array(String(magnitude))
        for position in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: position) }
        return (self < 0 ? "-" : "") + String(digits)
    }
}
