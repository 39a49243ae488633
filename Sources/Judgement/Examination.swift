import Reporting
import Store

/// Whether the database is as it must be: its schema, its grants and, where that is asked, its contents.
package struct Examination {
    /// The server, the schema's number, and what hinders cleaning.
    package let facts: [(key: String, value: JSONValue)]
    /// What others have changed in the schema, and grants that are others than they must be.
    package let findings: Table
    /// Statements about the contents, each with how many rows differ from it; `nil` where they were not asked for.
    package let contents: Table?
    /// How many things are wrong with the schema and its grants.
    package let wrong: Int
    /// Statements about the contents that do not hold.
    package let violated: Int

    /// - Parameter deep: Whether every count and sum is computed again, from all rows.
    package init(of store: Store, deep: Bool) throws {
        let (version, health) = (store.connection.serverVersion, try store.health())
        facts =
            [(key: "database", value: .string("PostgreSQL \(version / 10_000).\(version % 10_000), answers"))]
            + (try health.columns.indices.map {
                (key: health.columns[$0].name, value: JSONValue(try health.value(at: $0)))
            })
        wrong = try health["changed_objects"] + health["wrong_privileges"]
        findings = try Table(try store.schemaFindings())
        let differences = deep ? try store.differences() : nil
        violated = try differences?.count { try $0["differing"] as Int > 0 } ?? 0
        contents = try differences.map { try Table($0) }
    }
}
