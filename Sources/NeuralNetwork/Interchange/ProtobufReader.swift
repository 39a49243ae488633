/// Reads a message of Protocol Buffers field by field. It never calls itself: messages in messages are read as far as the
/// caller asks for them.
///
/// Nothing is allocated by a length that the message announces: a field's bytes are a slice of the message's.
///
/// - Source: Google, “Protocol Buffers: Encoding”, wire format.
struct ProtobufReader {
    struct Field {
        let number: Int
        fileprivate let value: Value
        fileprivate let message: String
    }

    fileprivate enum Value {
        case integer(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes(ArraySlice<UInt8>)
    }

    /// Why bytes are no such message.
    struct Malformed: Error {
        let reason: String
    }

    private var rest: ArraySlice<UInt8>
    /// What the message is, for what is said of it: “the graph”.
    private let message: String

    private init(_ bytes: ArraySlice<UInt8>, _ message: String) {
        rest = bytes
        self.message = message
    }

    /// Calls `body` with each field of a message, in order.
    ///
    /// - Throws: `Malformed`, or what `body` throws.
    static func read(_ bytes: ArraySlice<UInt8>, _ message: String, _ body: (Field) throws -> Void) throws {
        var reader = ProtobufReader(bytes, message)
        while !reader.rest.isEmpty { try body(try reader.field()) }
    }

    private mutating func field() throws(Malformed) -> Field {
        let tag = try variableLength()
        let number = tag >> 3
        // Field numbers have 29 bits.
        guard (1..<1 << 29).contains(number) else { throw malformed("has a field of the number \(number)") }
        let value: Value
        switch tag & 7 {
        case 0: value = .integer(try variableLength())
        case 1: value = .fixed64(littleEndian(try take(8)))
        case 2: value = .bytes(try take(try variableLength()))
        case 5: value = .fixed32(UInt32(truncatingIfNeeded: littleEndian(try take(4))))
        default: throw malformed("has the field \(number) of the unknown kind \(tag & 7)")
        }
        return Field(number: Int(number), value: value, message: message)
    }

    /// Seven bits a byte, the lowest first; at most ten bytes.
    private mutating func variableLength() throws(Malformed) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = rest.popFirst() else { throw malformed("is cut short") }
            // The tenth byte has a single bit.
            guard shift < 63 || byte <= 1 else { break }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw malformed("has a number of more than 64 bits")
    }

    private mutating func take(_ count: UInt64) throws(Malformed) -> ArraySlice<UInt8> {
        guard count <= UInt64(rest.count) else {
            throw malformed("announces \(count) bytes where \(rest.count) follow")
        }
        defer { rest = rest.dropFirst(Int(count)) }
        return rest.prefix(Int(count))
    }

    private func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private func malformed(_ reason: String) -> Malformed { Malformed(reason: "\(message) \(reason)") }

    /// The numbers of a field of packed ones.
    fileprivate static func integers(_ bytes: ArraySlice<UInt8>, _ message: String) throws(Malformed) -> [Int] {
        var reader = ProtobufReader(bytes, message)
        var values: [Int] = []
        while !reader.rest.isEmpty { values.append(Int(truncatingIfNeeded: try reader.variableLength())) }
        return values
    }
}

extension ProtobufReader.Field {
    private func misfit(_ needed: String) -> ProtobufReader.Malformed {
        ProtobufReader.Malformed(reason: "\(message) has something else than \(needed) in its field \(number)")
    }

    func integer() throws(ProtobufReader.Malformed) -> Int {
        guard case .integer(let value) = value else { throw misfit("a whole number") }
        return Int(truncatingIfNeeded: value)
    }

    /// One of a list of whole numbers, or all of them in one field.
    func integers() throws(ProtobufReader.Malformed) -> [Int] {
        switch value {
        case .integer(let value): return [Int(truncatingIfNeeded: value)]
        case .bytes(let bytes): return try ProtobufReader.integers(bytes, message)
        case .fixed32, .fixed64: throw misfit("whole numbers")
        }
    }

    func float() throws(ProtobufReader.Malformed) -> Float {
        guard case .fixed32(let bits) = value else { throw misfit("a number of 32 bits") }
        return Float(bitPattern: bits)
    }

    /// One of a list of numbers of 32 bits, or all of them in one field.
    func floats() throws(ProtobufReader.Malformed) -> [Float] {
        let bytes = try fixedSizeNumbers()
        guard bytes.count.isMultiple(of: 4) else { throw misfit("numbers of 32 bits") }
        return bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 4).map {
                Float(bitPattern: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self))
            }
        }
    }

    func bytes() throws(ProtobufReader.Malformed) -> ArraySlice<UInt8> {
        guard case .bytes(let bytes) = value else { throw misfit("text, bytes or a message") }
        return bytes
    }

    func text() throws(ProtobufReader.Malformed) -> String {
        guard let text = String(validating: try bytes(), as: UTF8.self) else { throw misfit("text in UTF-8") }
        return text
    }

    /// One of a list of numbers of a fixed size, or all of them in one field: their bytes, as they lie in memory.
    func fixedSizeNumbers() throws(ProtobufReader.Malformed) -> ArraySlice<UInt8> {
        switch value {
        case .fixed32(let bits): return withUnsafeBytes(of: bits.littleEndian) { ArraySlice($0) }
        case .fixed64(let bits): return withUnsafeBytes(of: bits.littleEndian) { ArraySlice($0) }
        case .bytes(let bytes): return bytes
        case .integer: throw misfit("numbers of a fixed size")
        }
    }
}
