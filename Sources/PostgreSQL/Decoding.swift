/// A value that can be read from a column.
///
/// All results come in PostgreSQL's binary form. A type reads the column types that it can hold without loss, and
/// refuses the others.
package protocol PostgreSQLDecodable {
    /// - Parameters:
    ///   - bytes: The binary form of the value.
    ///   - type: The type that the column has on the server.
    /// - Returns: `nil` when a value of that type is not one of this.
    static func decode(_ bytes: UnsafeRawBufferPointer, type: DataType) -> Self?
}

/// A type of the server, by its OID in `pg_type`.
package struct DataType: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let bool = DataType(rawValue: 16)
    package static let bytea = DataType(rawValue: 17)
    package static let char = DataType(rawValue: 18)
    package static let name = DataType(rawValue: 19)
    package static let int8 = DataType(rawValue: 20)
    package static let int2 = DataType(rawValue: 21)
    package static let int4 = DataType(rawValue: 23)
    package static let text = DataType(rawValue: 25)
    package static let oid = DataType(rawValue: 26)
    package static let json = DataType(rawValue: 114)
    package static let float4 = DataType(rawValue: 700)
    package static let float8 = DataType(rawValue: 701)
    package static let unknown = DataType(rawValue: 705)
    package static let bpchar = DataType(rawValue: 1042)
    package static let varchar = DataType(rawValue: 1043)
    package static let timestamptz = DataType(rawValue: 1184)
    package static let numeric = DataType(rawValue: 1700)
    package static let void = DataType(rawValue: 2278)
    package static let uuid = DataType(rawValue: 2950)
    package static let jsonb = DataType(rawValue: 3802)

    private static let names: [DataType: String] = [
        .bool: "boolean", .bytea: "bytea", .char: "\"char\"", .name: "name", .int8: "bigint", .int2: "smallint",
        .int4: "integer", .text: "text", .oid: "oid", .json: "json", .float4: "real", .float8: "double precision",
        .unknown: "unknown", .bpchar: "character", .varchar: "character varying", .timestamptz: "timestamptz",
        .numeric: "numeric", .void: "void", .uuid: "uuid", .jsonb: "jsonb",
    ]

    package var description: String { Self.names[self] ?? "type \(rawValue)" }
}

extension FixedWidthInteger {
    /// Reads a big-endian integer of exactly this width.
    static func bigEndian(_ bytes: UnsafeRawBufferPointer) -> Self? {
        guard bytes.count == MemoryLayout<Self>.size else { return nil }
        return Self(bigEndian: bytes.loadUnaligned(as: Self.self))
    }

    /// Reads any of the server's integers, if its value fits.
    static func decodeInteger(_ bytes: UnsafeRawBufferPointer, type: DataType) -> Self? {
        switch type {
        case .int2: Int16.bigEndian(bytes).flatMap(Self.init(exactly:))
        case .int4: Int32.bigEndian(bytes).flatMap(Self.init(exactly:))
        case .int8: Int64.bigEndian(bytes).flatMap(Self.init(exactly:))
        case .oid: UInt32.bigEndian(bytes).flatMap(Self.init(exactly:))
        default: nil
        }
    }
}

extension Int: PostgreSQLDecodable {
    package static func decode(_ bytes: UnsafeRawBufferPointer, type: DataType) -> Int? {
        decodeInteger(bytes, type: type)
    }
}

extension Int64: PostgreSQLDecodable {
    package static func decode(_ bytes: UnsafeRawBufferPointer, type: DataType) -> Int64? {
        decodeInteger(bytes, type: type)
    }
}

extension UInt8: PostgreSQLDecodable {
    package static func decode(_ bytes: UnsafeRawBufferPointer, type: DataType) -> UInt8? {
        decodeInteger(bytes, type: type)
    }
}

extension Double: PostgreSQLDecodable {
    package static func decode(_ bytes: UnsafeRawBufferPointer, type: DataType) -> Double? {
        switch type {
        case .float8: UInt64.bigEndian(bytes).map(Double.init(bitPattern:))
        case .float4: UInt32.bigEndian(bytes).map { Double(Float(bitPattern: $0)) }
        case .numeric: Numeric.text(of: bytes).flatMap(Double.init)
        default: nil
        }
    }
}

extension Float: PostgreSQLDecodable {
    package static func decode(_ bytes: UnsafeRawBufferPointer, type: DataType) -> Float? {
        guard type == .float4 else { return nil }
        return UInt32.bigEndian(bytes).map(Float.init(bitPattern:))
    }
}

extension Bool: PostgreSQLDecodable {
    package static func decode(_ bytes: UnsafeRawBufferPointer, type: DataType) -> Bool? {
        guard type == .bool, bytes.count == 1 else { return nil }
        return bytes[0] != 0
    }
}

extension String: PostgreSQLDecodable {
    package static func decode(_ bytes: UnsafeRawBufferPointer, type: DataType) -> String? {
        switch type {
        case .text, .varchar, .bpchar, .name, .json, .unknown, .char: String(validating: bytes, as: UTF8.self)
        case .jsonb:
            // The first byte is the version of the binary form, 1 in all releases so far.
            bytes.first == 1 ? String(validating: bytes.dropFirst(), as: UTF8.self) : nil
        case .numeric: Numeric.text(of: bytes)
        case .uuid: uuid(bytes)
        default: nil
        }
    }

    private static func uuid(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard bytes.count == 16 else { return nil }
        let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }.joined(separator: "-")
    }
}

/// An enumeration of texts is read from a text, and refuses those that are none of its cases.
extension PostgreSQLDecodable where Self: RawRepresentable, RawValue == String {
    package static func decode(_ bytes: UnsafeRawBufferPointer, type: DataType) -> Self? {
        String.decode(bytes, type: type).flatMap(Self.init)
    }
}

extension Timestamp: PostgreSQLDecodable {
    package static func decode(_ bytes: UnsafeRawBufferPointer, type: DataType) -> Timestamp? {
        guard type == .timestamptz else { return nil }
        return Int64.bigEndian(bytes).map(Timestamp.init(microsecondsSince2000:))
    }
}

extension Array: PostgreSQLDecodable where Element: PostgreSQLDecodable {
    /// Reads an array of one dimension without NULLs; `[UInt8]` reads a `bytea`.
    package static func decode(_ bytes: UnsafeRawBufferPointer, type: DataType) -> [Element]? {
        if Element.self == UInt8.self, type == .bytea { return Array<UInt8>(bytes) as? [Element] }
        // Binary form: dimensions, flags, element type, then for each dimension its length and first index,
        // then for each element its length and bytes.
        var rest = bytes[...]
        func next<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
            guard rest.count >= MemoryLayout<Number>.size else { return nil }
            defer { rest = rest.dropFirst(MemoryLayout<Number>.size) }
            return Number.bigEndian(UnsafeRawBufferPointer(rebasing: rest.prefix(MemoryLayout<Number>.size)))
        }
        guard let dimensions = next(Int32.self), next(Int32.self) != nil, let element = next(UInt32.self) else {
            return nil
        }
        guard dimensions > 0 else { return dimensions == 0 ? [] : nil }
        // An element takes four bytes at least: what is announced is held against what has come.
        guard dimensions == 1, let count = next(Int32.self), next(Int32.self) != nil,
            (0...rest.count / 4).contains(Int(count))
        else { return nil }
        var elements: [Element] = []
        elements.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let length = next(Int32.self), length >= 0, rest.count >= length,
                let value = Element.decode(
                    UnsafeRawBufferPointer(rebasing: rest.prefix(Int(length))), type: DataType(rawValue: element))
            else { return nil }
            rest = rest.dropFirst(Int(length))
            elements.append(value)
        }
        return elements
    }
}

/// The binary form of `numeric`: digits of base 10,000.
///
/// - Source: `numeric_send` in PostgreSQL's `src/backend/utils/adt/numeric.c`.
enum Numeric {
    /// - Returns: The exact decimal, with as many places as the value has.
    static func text(of bytes: UnsafeRawBufferPointer) -> String? {
        let words = stride(from: 0, to: bytes.count - 1, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        guard words.count >= 4, words.count == 4 + Int(words[0]), words[4...].allSatisfy({ $0 < 10_000 }) else {
            return nil
        }
        let (weight, sign, scale) = (Int(Int16(bitPattern: words[1])), words[2], Int(words[3]))
        switch sign {
        case 0xC000: return "NaN"
        case 0xD000: return "Infinity"
        case 0xF000: return "-Infinity"
        default: break
        }
        func group(_ position: Int) -> String {
            // The digit at `position` counts 10,000 to the power of weight − position.
            let index = 4 + position
            let digits = position >= 0 && index < words.count ? String(words[index]) : "0"
            return String(repeating: "0", count: 4 - digits.count) + digits
        }
        let whole = weight < 0 ? "0" : String((0...weight).map(group).joined().drop { $0 == "0" })
        var text = (sign == 0x4000 ? "-" : "") + (whole.isEmpty ? "0" : whole)
        if scale > 0 {
            let groups = (scale + 3) / 4
            text += "." + (weight + 1..<weight + 1 + groups).map(group).joined().prefix(scale)
        }
        return text
    }
}
