import PostgreSQL

extension Store {
    /// The state of the schema, its grants and what hinders cleaning, in one row.
    package func health() throws -> Row {
        try connection.query(
            """
            select number as schema, changed_objects, foreign_objects, wrong_privileges, oldest_transaction_seconds,
                   live_rows, dead_rows, notification_queue_usage
              from analysis.schema_version
             cross join analysis.schema_health
            """)[0]
    }

    /// What others have changed in the schema, and which grants are others than they must be.
    package func schemaFindings() throws -> Rows {
        try connection.query(
            """
            select object, difference
              from analysis.schema_difference
             union all
            select object, format('%s %s %s', role, case when is_needed then 'lacks' else 'must not have' end, privilege)
              from analysis.schema_privilege_difference
             order by object, difference
            """)
    }
}
