/// A value that is made of a row. It stands beside the query that returns such rows.
package protocol RowDecodable {
    /// - Throws: `PostgreSQLError.decoding` when a column is missing, NULL where a value is needed, or of another type.
    init(row: Row) throws
}

extension Rows {
    /// A value a row, in their order.
    package func decoded<Record: RowDecodable>(as type: Record.Type = Record.self) throws -> [Record] {
        try map(Record.init(row:))
    }
}
