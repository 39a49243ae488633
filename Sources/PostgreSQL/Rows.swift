import CLibPQ

/// The rows that a query returned, all in memory.
package struct Rows: RandomAccessCollection {
    /// A column of the result.
    package struct Column: Sendable, Hashable {
        package let name: String
        package let type: DataType
    }

    package let columns: [Column]
    private let result: Result
    private let positions: [String: Int]

    package var startIndex: Int { 0 }
    package var endIndex: Int { Int(PQntuples(result.pointer)) }

    package subscript(position: Int) -> Row {
        precondition(position < endIndex, "row \(position) of \(endIndex)")
        return Row(rows: self, index: Int32(position))
    }

    init(_ result: Result) {
        self.result = result
        columns = (0..<PQnfields(result.pointer)).map { column in
            Column(
                name: PQfname(result.pointer, column).map { String(cString: $0) } ?? "",
                type: DataType(rawValue: PQftype(result.pointer, column)))
        }
        positions = Dictionary(
            columns.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    /// - Returns: `nil` for NULL.
    func bytes(row: Int32, column: Int) -> UnsafeRawBufferPointer? {
        let column = Int32(column)
        guard PQgetisnull(result.pointer, row, column) == 0 else { return nil }
        return UnsafeRawBufferPointer(
            start: PQgetvalue(result.pointer, row, column), count: Int(PQgetlength(result.pointer, row, column)))
    }

    func position(of name: String) throws -> Int {
        guard let position = positions[name] else {
            throw PostgreSQLError.decoding(
                "There is no column “\(name)” in the result; it has \(columns.map(\.name).joined(separator: ", ")).")
        }
        return position
    }

    /// Owns libpq's result.
    final class Result {
        let pointer: OpaquePointer

        init(_ pointer: OpaquePointer) {
            self.pointer = pointer
        }

        deinit { PQclear(pointer) }
    }
}

/// One row of a result. Its values are read by column name: `let loss: Double? = try row["loss"]`.
package struct Row {
    let rows: Rows
    let index: Int32

    /// The result's columns, in order.
    package var columns: [Rows.Column] { rows.columns }

    /// - Throws: `PostgreSQLError.decoding` when there is no such column, when it is NULL, or of another type.
    package subscript<Value: PostgreSQLDecodable>(_ column: String) -> Value {
        get throws {
            guard let value: Value = try self[column] else {
                throw PostgreSQLError.decoding("Column “\(column)” is NULL, and a value is needed.")
            }
            return value
        }
    }

    /// - Returns: `nil` for NULL.
    /// - Throws: `PostgreSQLError.decoding` when there is no such column, or when it is of another type.
    package subscript<Value: PostgreSQLDecodable>(_ column: String) -> Value? {
        get throws {
            let position = try rows.position(of: column)
            guard let bytes = rows.bytes(row: index, column: position) else { return nil }
            let type = rows.columns[position].type
            guard let value = Value.decode(bytes, type: type) else {
                throw PostgreSQLError.decoding("Column “\(column)” of type \(type) holds no \(Value.self).")
            }
            return value
        }
    }
}
