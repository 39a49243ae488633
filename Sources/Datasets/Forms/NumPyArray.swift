/// An array of NumPy, whose header was read and checked; its values are read once, later.
///
/// - Source: NumPy's `numpy.lib.format`, versions 1 to 3.
final class NumPyArray {
    let name: String
    let type: NumPyType
    let shape: [Int]
    private let source: any ByteSource
    private var beginning: [UInt8]
    private var count: Int { shape.reduce(1, *) }

    /// - Parameters:
    ///   - holdsText: Whether texts are read as well.
    ///   - limit: Bytes of values that it may announce.
    ///   - remedy: What to do about a type that is not read.
    /// - Throws: `DatasetError.file` when it is none, holds what is not read, or announces more or less than there is.
    init(
        _ source: any ByteSource, holdsText: Bool = false, limit: Int = 64 << 30,
        remedy: String = "Convert it with astype(\"uint8\")."
    ) throws {
        self.source = source
        name = source.name
        let name = name
        func failure(_ reason: String) -> DatasetError { .file(name, reason) }
        let cut = failure("It ends within its header. It is cut short; get the file again.")
        let start = try source.read(upTo: 12)
        guard start.starts(with: [0x93] + Array("NUMPY".utf8)) else {
            throw failure("This is \(FileKind(start)?.name ?? "no NumPy array"), and a NumPy array is needed.")
        }
        guard start.count == 12 else { throw cut }
        let version = start[6]
        guard (1...3).contains(version) else {
            throw failure("Its format has the version \(version), and 1 to 3 are read. Write it with numpy.save.")
        }
        let length = version == 1 ? 2 : 4
        let headerSize = start[8..<8 + length].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard headerSize <= 65_536 else {
            throw failure("Its header announces \(headerSize.bytes). Get the file again.")
        }
        let read = start[(8 + length)...] + (try source.read(upTo: max(0, headerSize - (4 - length))))
        guard read.count >= headerSize else { throw cut }
        beginning = Array(read.dropFirst(headerSize))
        let header = try NumPyHeader(String(decoding: read.prefix(headerSize), as: UTF8.self), failure)
        guard let type = NumPyType(header.type), !type.isText || holdsText else {
            throw failure(
                "It holds \(NumPyType.words(header.type)); integers, float16, float32 and float64 are read. \(remedy)")
        }
        guard !header.isFortran || header.shape.count < 2 else {
            throw failure("It is in Fortran's order. Write it with numpy.ascontiguousarray.")
        }
        self.type = type
        shape = header.shape
        let size = shape.reduce(type.size) { $0.multipliedOrLargest(by: $1) }
        guard !shape.contains(0), !shape.isEmpty else {
            throw failure("Its shape is \(Self.text(shape)): there is nothing in it.")
        }
        guard size <= limit else {
            throw failure(
                "It announces \(Self.text(shape)) \(type); more than \(limit >> 30) GiB an array are not read.")
        }
        if let found = source.size.map({ $0 - 8 - length - headerSize }), found != size {
            throw failure(
                "\(size.bytes) of values are announced, \(found.grouped) found. "
                    + (found < size ? "It is cut short; get the file again." : "It is damaged; get the file again."))
        }
    }

    static func text(_ shape: [Int]) -> String {
        shape.isEmpty ? "()" : shape.map(String.init).joined(separator: " × ")
    }

    /// Values from 0 to 255 as bytes, in pieces.
    func intensities(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        var done = 0
        try read { piece in
            if type.isByte { return try piece.withUnsafeBytes(take) }
            var values: [UInt8] = []
            values.reserveCapacity(piece.count / type.size)
            try forEach(piece) { number in
                guard let value = UInt8(exactly: number) else {
                    let remedy =
                        number > 0 && number < 1 ? "Write (x * 255).round().astype(\"uint8\")." : "Convert it to uint8."
                    throw DatasetError.file(
                        name,
                        "The value at position \(done + values.count) is \(number.short); intensities are whole numbers "
                            + "from 0 to 255. \(remedy)")
                }
                values.append(value)
            }
            done += values.count
            try values.withUnsafeBytes(take)
        }
    }

    /// All values as labels.
    func labels() throws -> [UInt16] {
        guard shape.count == 1 || shape.count == 2 && shape[1] == 1 else {
            throw DatasetError.file(
                name,
                "Labels are one number an image, and this has \(Self.text(shape)). Of one-hot rows write "
                    + "y.argmax(axis=1).")
        }
        guard count <= Int(Int32.max) else {
            throw DatasetError.file(name, "It announces \(count.grouped) labels; at most 2,147,483,647 are read.")
        }
        var labels: [UInt16] = []
        try read { piece in
            try forEach(piece) { number in
                guard let label = UInt16(exactly: number), label < ImageDataset.mostClasses else {
                    throw DatasetError.file(
                        name,
                        "The label at position \(labels.count) is \(number.short); labels are whole numbers from 0 to "
                            + "\(ImageDataset.mostClasses - 1).")
                }
                labels.append(label)
            }
        }
        return labels
    }

    /// All numbers in order, in pieces of whole rows.
    ///
    /// - Parameters:
    ///   - width: Numbers in a row.
    ///   - take: Gets the number of the piece's first row, and its numbers.
    func numbers(inRowsOf width: Int, _ take: (_ first: Int, UnsafeBufferPointer<Double>) throws -> Void) throws {
        var done = 0
        try read(inUnitsOf: width * type.size) { piece in
            try withNumbers(of: piece) { try take(done / width, $0) }
            done += piece.count / type.size
        }
    }

    private func forEach(_ piece: [UInt8], _ body: (Double) throws -> Void) throws {
        try withNumbers(of: piece) { for number in $0 { try body(number) } }
    }

    private func withNumbers(of piece: [UInt8], _ body: (UnsafeBufferPointer<Double>) throws -> Void) throws {
        let count = piece.count / type.size
        try withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { numbers in
            guard let start = numbers.baseAddress else { return }
            piece.withUnsafeBytes { type.convert($0, to: start) }
            try body(UnsafeBufferPointer(start: start, count: count))
        }
    }

    /// Hands over all values as they are in the file, in pieces of about a mebibyte.
    ///
    /// - Parameter unit: Bytes that no piece divides; `nil` for those of a value.
    func read(inUnitsOf unit: Int? = nil, _ take: ([UInt8]) throws -> Void) throws {
        let size = count * type.size
        let unit = unit ?? type.size
        let pieceSize = max(1, (1 << 20) / unit) * unit
        var (piece, done) = (beginning, 0)
        beginning = []
        while done < size {
            let wanted = min(pieceSize, size - done)
            if piece.count < wanted { piece += try source.read(upTo: wanted - piece.count) }
            guard piece.count == wanted else {
                throw DatasetError.file(
                    name,
                    "\(size.bytes) of values are announced, \((done + piece.count).grouped) found. It is cut short; get "
                        + "the file again.")
            }
            try take(piece)
            done += wanted
            piece = []
        }
        // The end of packed data has a checksum.
        guard try source.read(upTo: 1).isEmpty else {
            throw DatasetError.file(name, "More follows after the last value. It is damaged; get the file again.")
        }
    }
}
