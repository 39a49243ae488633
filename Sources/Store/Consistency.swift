import PostgreSQL

extension Store {
    /// Computes from the rows again what the tables promise and add up; reads every table in full.
    ///
    /// - Returns: For each statement, about a subject, how many rows differ from it.
    package func differences() throws -> Rows {
        try connection.query("select subject, statement, differing from registry.differences()")
    }
}

/// The database's contents contradict each other.
package struct InconsistentContents: Error, Sendable, CustomStringConvertible {
    /// Statements that do not hold.
    package let statements: Int

    package init(statements: Int) {
        self.statements = statements
    }

    package var description: String {
        "\(statements) of these statements \(statements == 1 ? "does" : "do") not hold: rows were written past the schema's checks, or lost. "
            + "Restore the database from a backup."
    }
}
