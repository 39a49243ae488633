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

    /// - Throws: `DatasetError.file` when it is none, holds what are no numbers, or announces more or less than there is.
    init(_ source: any ByteSource) throws {
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
        guard let type = NumPyType(header.type) else {
            throw failure(
                "It holds \(NumPyType.words(header.type)); integers, float32 and float64 are read. "
                    + "Convert it with astype(\"uint8\").")
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
        guard size <= 64 << 30 else {
            throw failure("It announces \(Self.text(shape)) \(type); more than 64 GiB an array are not read.")
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
                guard let label = UInt16(exactly: number), label < SampleShape.largestClasses else {
                    throw DatasetError.file(
                        name,
                        "The label at position \(labels.count) is \(number.short); labels are whole numbers from 0 to "
                            + "\(SampleShape.largestClasses - 1).")
                }
                labels.append(label)
            }
        }
        return labels
    }

    private func forEach(_ piece: [UInt8], _ body: (Double) throws -> Void) rethrows {
        try piece.withUnsafeBytes { bytes in
            for offset in stride(from: 0, to: bytes.count, by: type.size) {
                try body(type.number(in: bytes, at: offset))
            }
        }
    }

    private func read(_ take: ([UInt8]) throws -> Void) throws {
        let size = count * type.size
        var (piece, done) = (beginning, 0)
        beginning = []
        while done < size {
            let wanted = min(1 << 20, size - done)
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

/// A type of values: its kind, its bytes, and their order.
struct NumPyType: CustomStringConvertible {
    private enum Kind: Character {
        case unsigned = "u"
        case signed = "i"
        case float = "f"
        case boolean = "b"
    }

    private let kind: Kind
    let size: Int
    private let isBigEndian: Bool

    /// - Parameter text: e.g. `<i8`, `|u1`.
    /// - Returns: `nil` for a type that is not read.
    init?(_ text: String) {
        let parts = Array(text)
        guard parts.count == 3, "<>|=".contains(parts[0]), let kind = Kind(rawValue: parts[1]),
            let size = parts[2].wholeNumberValue
        else { return nil }
        let sizes: [Int] =
            switch kind {
            case .unsigned, .signed: [1, 2, 4, 8]
            case .float: [4, 8]
            case .boolean: [1]
            }
        guard sizes.contains(size) else { return nil }
        (self.kind, self.size, isBigEndian) = (kind, size, parts[0] == ">")
    }

    var isByte: Bool { kind == .unsigned && size == 1 }

    var description: String {
        switch kind {
        case .unsigned: "uint\(8 * size)"
        case .signed: "int\(8 * size)"
        case .float: "float\(8 * size)"
        case .boolean: "bool"
        }
    }

    /// What a type that is not read holds.
    static func words(_ text: String) -> String {
        switch text.drop(while: { "<>|=".contains($0) }).first {
        case "O": "Python objects, which need pickle"
        case "U", "S", "a": "text"
        case "c": "complex numbers"
        case "M", "m": "times"
        case "[": "records of several fields"
        case "f": "numbers of the type float\(text.last == "2" ? "16" : "128")"
        default: "values of the type “\(text.prefix(20))”"
        }
    }

    /// Whole numbers above 2⁵³ are rounded; they are out of every range that is asked for.
    func number(in bytes: UnsafeRawBufferPointer, at offset: Int) -> Double {
        func load<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type) -> Number {
            let value = bytes.loadUnaligned(fromByteOffset: offset, as: type)
            return isBigEndian ? Number(bigEndian: value) : Number(littleEndian: value)
        }
        return switch (kind, size) {
        case (.boolean, _), (.unsigned, 1): Double(bytes[offset])
        case (.unsigned, 2): Double(load(UInt16.self))
        case (.unsigned, 4): Double(load(UInt32.self))
        case (.unsigned, _): Double(load(UInt64.self))
        case (.signed, 1): Double(load(Int8.self))
        case (.signed, 2): Double(load(Int16.self))
        case (.signed, 4): Double(load(Int32.self))
        case (.signed, _): Double(load(Int64.self))
        case (.float, 4): Double(Float(bitPattern: load(UInt32.self)))
        case (.float, _): Double(bitPattern: load(UInt64.self))
        }
    }
}

/// The header's dictionary: `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`.
struct NumPyHeader {
    var type = ""
    var isFortran = false
    var shape: [Int] = []

    init(_ text: String, _ failure: (String) -> DatasetError) throws {
        var rest = text.unicodeScalars[...]
        func shown() -> String { "“\(String(text.prefix(80)).filter { !$0.isNewline })”" }
        var wrong: DatasetError { failure("Its header \(shown()) is not understood. Write it with numpy.save.") }
        func skip() { rest = rest.drop { $0.properties.isWhitespace } }
        func take(_ word: String) -> Bool {
            skip()
            guard rest.starts(with: word.unicodeScalars) else { return false }
            rest = rest.dropFirst(word.unicodeScalars.count)
            return true
        }
        func quoted() throws -> String {
            skip()
            guard let quote = rest.first, quote == "'" || quote == "\"" else { throw wrong }
            rest = rest.dropFirst()
            guard let end = rest.firstIndex(of: quote) else { throw wrong }
            defer { rest = rest[rest.index(after: end)...] }
            return String(rest[..<end])
        }
        guard take("{") else { throw wrong }
        var keys: Set<String> = []
        while !take("}") {
            let key = try quoted()
            guard keys.insert(key).inserted, take(":") else { throw wrong }
            switch key {
            case "descr":
                if take("[") {
                    // A list of fields: it is refused by its name, and what follows is not looked at.
                    type = "["
                    return
                }
                type = try quoted()
            case "fortran_order":
                isFortran = take("True")
                guard isFortran || take("False") else { throw wrong }
            case "shape":
                guard take("(") else { throw wrong }
                while !take(")") {
                    skip()
                    let digits = rest.prefix { ("0"..."9").contains($0) }
                    guard !digits.isEmpty, let size = Int(String(digits)), shape.count < 32 else { throw wrong }
                    rest = rest.dropFirst(digits.count)
                    _ = take("L")
                    shape.append(size)
                    guard take(",") || rest.first == ")" else { throw wrong }
                }
            default: throw wrong
            }
            guard take(",") || rest.first == "}" else { throw wrong }
        }
        guard keys == ["descr", "fortran_order", "shape"] else { throw wrong }
    }
}
