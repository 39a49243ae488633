import PostgreSQL

extension Store {
    /// Computes from the rows again what the tables promise and add up; reads every table in full.
    ///
    /// - Returns: For each statement, about a subject, how many rows differ from it.
    public func differences() throws -> Rows {
        try connection.query("select subject, statement, differing from registry.differences()")
    }
}

/// The database's contents contradict each other.
public struct InconsistentContents: Error, Sendable, CustomStringConvertible {
    /// Statements that do not hold.
    public let statements: Int

    public init(statements: Int) {
        self.statements = statements
    }

    public var description: String {
        "\(statements) of these statements \(statements == 1 ? "does" : "do") not hold: rows were written past the schema's checks, or lost. "
            + "Restore the database from a backup."
    }
}
