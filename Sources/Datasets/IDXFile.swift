import Crypto
import SystemPackage

/// A file of the IDX format, raw or packed with gzip, whose header was read and checked; its values are read later.
///
/// Its header is big-endian: two zero bytes, the type of the values, the number of dimensions, then each dimension in
/// four bytes. The values follow, the last dimension innermost.
///
/// - Source: LeCun, Cortes and Burges, “The MNIST database of handwritten digits”, section “File formats”.
final class IDXFile {
    /// What a file of a data set holds.
    enum Content: String {
        case images, labels
    }

    let path: FilePath
    let type: IDXType
    /// The first is the number of images or labels.
    let dimensions: [Int]
    private let content: Content
    private let source: SourceFile
    /// Bytes of the header and those after it that were read with it.
    private let beginning: [UInt8]
    private var headerSize: Int { 4 + 4 * dimensions.count }
    private var size: Int { dimensions.reduce(type.size, *) }

    /// No data set of this program needs more in a file; a larger announcement is a mistake or an attack.
    private static func largestSize(_ content: Content) -> Int { content == .images ? 8 << 30 : 512 << 20 }

    /// Reads and checks the header, and compares it with the file's size.
    ///
    /// - Throws: `DatasetError.file` when it is none of the content, or announces what the file can't hold.
    init(_ path: FilePath, _ content: Content) throws {
        self.path = path
        self.content = content
        source = try SourceFile(path)
        let limit = Self.largestSize(content)
        guard !source.isPacked || source.storedSize <= limit else {
            throw DatasetError.file(
                path.string, "It has \(source.storedSize.bytes); more than \(limit >> 20) MiB a file are not read.")
        }
        beginning = try source.read(upTo: 1024)
        (type, dimensions) = try Self.header(of: beginning, content, isPacked: source.isPacked, path: path)
        try check()
    }

    private func failure(_ reason: String) -> DatasetError { .file(path.string, reason) }

    private static func header(
        of bytes: [UInt8], _ content: Content, isPacked: Bool, path: FilePath
    ) throws -> (IDXType, dimensions: [Int]) {
        func failure(_ reason: String) -> DatasetError { .file(path.string, reason) }
        let right = content == .images ? "00 00 08 03" : "00 00 08 01"
        guard bytes.starts(with: [0, 0]), bytes.count < 4 || bytes[2] != 0 else {
            if let kind = FileKind(bytes) {
                throw failure(
                    "\(isPacked ? "Its gzip data is" : "This is") \(kind.name), not an IDX file. \(kind.remedy)")
            }
            guard !bytes.isEmpty else { throw failure("Its gzip data is empty. Fetch the file again.") }
            let found = bytes.prefix(4).map(hexadecimal).joined(separator: " ")
            throw failure(
                "This is not an IDX file: it begins with \(found), and one of \(content.rawValue) with \(right). "
                    + "Fetch the file again.")
        }
        guard bytes.count >= 4, bytes.count >= 4 + 4 * Int(bytes[3]) || bytes[3] > 4 else {
            let needed = bytes.count < 4 ? 8 : 4 + 4 * Int(bytes[3])
            throw failure(
                "It ends within its header, after \(bytes.count.bytes) of at least \(needed). Fetch the file again.")
        }
        guard let type = IDXType(rawValue: bytes[2]) else {
            throw failure(
                "Its values have the unknown type \(hexadecimal(bytes[2])) (the header's third byte); "
                    + "08, unsigned bytes, is usual. Fetch the file again.")
        }
        let count = Int(bytes[3])
        let dimensions = (0..<(count <= 4 ? count : 0)).map { dimension in
            bytes[(4 + 4 * dimension)..<(8 + 4 * dimension)].reduce(0) { $0 << 8 | Int($1) }
        }
        let isRight =
            switch content {
            case .images: count == 3 || count == 4
            // QMNIST has the class, and seven more numbers, of each image.
            case .labels: count == 1 || count == 2 && [1, 8].contains(dimensions[1])
            }
        guard isRight else {
            let announced = count <= 4 ? " (\(dimensions.map(String.init).joined(separator: " × ")))" : ""
            throw failure(
                "It holds \(type) in \(count) dimension\(count == 1 ? "" : "s")\(announced); "
                    + (content == .images
                        ? "images have 3 (count × height × width), or 4 with their channels."
                        : "labels have 1, or 2 with 8 columns as in QMNIST."))
        }
        return (type, dimensions)
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }

    /// Compares what the header announces with what the file can hold, before anything of that size is allocated.
    private func check() throws {
        let announced = dimensions.map(String.init).joined(separator: " × ")
        guard !dimensions.contains(0) else {
            throw failure("Its dimensions are \(announced): there is nothing in it.")
        }
        let limit = Self.largestSize(content)
        guard dimensions.reduce(type.size, { $0.multipliedOrLargest(by: $1) }) <= limit else {
            throw failure("It announces \(announced) \(type); more than \(limit >> 20) MiB a file are not read.")
        }
        if source.isPacked {
            let most = source.storedSize * Gunzip.largestRatio - headerSize
            guard size <= most else { throw cut(found: "the gzip data can have at most \(most.bytes)") }
        } else {
            let found = source.storedSize - headerSize
            guard size <= found else { throw cut(found: "\(found.grouped) found") }
            guard size == found else {
                throw failure(
                    "\(size.bytes) of values are announced and \(found.grouped) found, \((found - size).grouped) too "
                        + "many. The file was changed, or its header is another file's; fetch it again.")
            }
        }
    }

    private func cut(found: String) -> DatasetError {
        failure("\(size.bytes) of values are announced, \(found). The file is cut short; fetch it again.")
    }

    /// The largest value that is understood: an intensity, or a label.
    private var largestValue: Int { content == .images ? 255 : ImageDataset.mostClasses - 1 }

    /// Reads all values into memory; of labels in two dimensions the first column. To be called once.
    ///
    /// - Parameter checksum: SHA-256 of the whole file without gzip, when it is known.
    /// - Throws: `DatasetError` when the file holds less, more, or something else than its header says.
    func values(checksum: String? = nil) throws -> [UInt16] {
        var values: [UInt16] = []
        try read(checksum: checksum) { try append($0, to: &values) }
        return values
    }

    /// Reads the values in pieces, as bytes. To be called once.
    ///
    /// - Throws: As `values`.
    func intensities(checksum: String? = nil, _ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        var done = 0
        try read(checksum: checksum) { piece in
            if type == .unsignedByte { return try piece.withUnsafeBytes(take) }
            var values: [UInt16] = []
            try append(piece, after: done, to: &values)
            done += values.count
            try values.map(UInt8.init).withUnsafeBytes(take)
        }
    }

    /// The shape of its images, and how their values stand in it.
    ///
    /// - Throws: `DatasetError.file` where none of four dimensions is a number of channels.
    func images() throws -> (ImageShape, PixelLayout) {
        let sizes = dimensions
        if sizes.count == 3 { return (ImageShape(channels: 1, height: sizes[1], width: sizes[2]), .planes) }
        if [1, 3].contains(sizes[1]) {
            return (ImageShape(channels: sizes[1], height: sizes[2], width: sizes[3]), .planes)
        }
        guard [1, 3].contains(sizes[3]) else {
            throw failure(
                "Its dimensions are \(sizes.map(String.init).joined(separator: " × ")); of four the second or the last must "
                    + "be the channels, 1 or 3.")
        }
        return (ImageShape(channels: sizes[3], height: sizes[1], width: sizes[2]), .interleaved)
    }

    /// Columns of labels; 1 for images.
    private var columns: Int { content == .labels && dimensions.count == 2 ? dimensions[1] : 1 }

    /// Reads whole values in pieces, as they are in the file.
    private func read(checksum: String?, _ take: ([UInt8]) throws -> Void) throws {
        let pieceSize = (1 << 20) / (type.size * columns) * (type.size * columns)
        var (hash, done) = (SHA256(), 0)
        hash.update(data: beginning.prefix(headerSize))
        var piece = Array(beginning.dropFirst(headerSize))
        while done < size {
            let wanted = min(pieceSize, size - done)
            if piece.count < wanted { piece += try source.read(upTo: wanted - piece.count) }
            guard piece.count >= wanted else { throw cut(found: "\((done + piece.count).grouped) found") }
            // Only of a small file more than its values was read with the header.
            guard piece.count == wanted else { throw trailing }
            if checksum != nil { hash.update(data: piece) }
            try take(piece)
            done += wanted
            piece = []
        }
        guard try source.read(upTo: 1).isEmpty else { throw trailing }
        if let checksum {
            let found = hash.finalize().hexadecimal
            guard found == checksum else {
                throw DatasetError.checksum(file: path.string, found: found, expected: checksum)
            }
        }
    }

    private var trailing: DatasetError {
        failure("More follows after the last value. The file was changed, or its header is another file's.")
    }

    private func append(_ piece: [UInt8], after done: Int = 0, to values: inout [UInt16]) throws {
        values.reserveCapacity(values.count + piece.count / (type.size * columns))
        try piece.withUnsafeBytes { bytes in
            for offset in stride(from: 0, to: bytes.count, by: type.size * columns) {
                let number = type.number(in: bytes, at: offset)
                guard let value = UInt16(exactly: number), value <= largestValue else {
                    let place = content == .images ? "value" : "label"
                    throw failure(
                        "It holds \(type), and the \(place) at position \(done + values.count) is \(number.short); "
                            + "\(content.rawValue) are whole numbers from 0 to \(largestValue). Convert the file.")
                }
                values.append(value)
            }
        }
    }
}

/// What the values of an IDX file are; its header's third byte.
enum IDXType: UInt8, CustomStringConvertible {
    case unsignedByte = 0x08
    case signedByte = 0x09
    case integer16 = 0x0B
    case integer32 = 0x0C
    case float32 = 0x0D
    case float64 = 0x0E

    /// Bytes of a value.
    var size: Int {
        switch self {
        case .unsignedByte, .signedByte: 1
        case .integer16: 2
        case .integer32, .float32: 4
        case .float64: 8
        }
    }

    /// In the plural.
    var description: String {
        switch self {
        case .unsignedByte: "unsigned bytes"
        case .signedByte: "signed bytes"
        case .integer16: "16-bit integers"
        case .integer32: "32-bit integers"
        case .float32: "32-bit floating-point numbers"
        case .float64: "64-bit floating-point numbers"
        }
    }

    /// The big-endian value at an offset; every type's are exact in `Double`.
    func number(in bytes: UnsafeRawBufferPointer, at offset: Int) -> Double {
        func load<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type) -> Number {
            Number(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
        }
        return switch self {
        case .unsignedByte: Double(bytes[offset])
        case .signedByte: Double(load(Int8.self))
        case .integer16: Double(load(Int16.self))
        case .integer32: Double(load(Int32.self))
        case .float32: Double(Float(bitPattern: load(UInt32.self)))
        case .float64: Double(bitPattern: load(UInt64.self))
        }
    }
}

extension Double {
    /// Without “.0” behind whole numbers.
    var short: String { Int(exactly: self).map(String.init) ?? "\(self)" }
}

extension Int {
    func multipliedOrLargest(by other: Int) -> Int {
        let (product, overflows) = multipliedReportingOverflow(by: other)
        return overflows ? .max : product
    }

    /// With a comma every three digits.
    var grouped: String {
        var digits = Array(String(magnitude))
        for position in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: position) }
        return (self < 0 ? "-" : "") + String(digits)
    }

    /// With the unit.
    var bytes: String { "\(grouped) byte\(self == 1 ? "" : "s")" }
}
