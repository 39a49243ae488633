/// A value of whatever type its column has.
package enum AnyValue: Sendable, Hashable {
    case null
    case boolean(Bool)
    case integer(Int)
    /// Of `real`, `double precision` and `numeric`.
    case number(Double)
    case text(String)
    case list([AnyValue])
    case bytes([UInt8])
}

extension Row {
    /// The value at a position of `columns`.
    ///
    /// - Throws: `PostgreSQLError.decoding` for a type that none of the cases holds.
    package func value(at position: Int) throws -> AnyValue {
        guard let bytes = rows.bytes(row: index, column: position) else { return .null }
        let column = rows.columns[position]
        guard let value = AnyValue.decode(bytes, type: column.type) else {
            throw PostgreSQLError.decoding("Column “\(column.name)” has a type that cannot be shown: \(column.type).")
        }
        return value
    }
}

extension AnyValue: PostgreSQLDecodable {
    package static func decode(_ bytes: UnsafeRawBufferPointer, type: DataType) -> AnyValue? {
        switch type {
        case .bool: Bool.decode(bytes, type: type).map(boolean)
        case .int2, .int4, .int8, .oid: Int.decode(bytes, type: type).map(integer)
        // The digits that a float has, and not those that it gets as a double.
        case .float4: Float.decode(bytes, type: type).flatMap { Double($0.description) }.map(number)
        case .float8, .numeric: Double.decode(bytes, type: type).map(number)
        case .bytea: [UInt8].decode(bytes, type: type).map(AnyValue.bytes)
        case .timestamptz: Timestamp.decode(bytes, type: type).map { text($0.description) }
        default: String.decode(bytes, type: type).map(text) ?? [AnyValue].decode(bytes, type: type).map(list)
        }
    }
}
