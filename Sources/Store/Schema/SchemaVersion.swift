import PostgreSQL

extension Schema {
    /// What `analysis.schema_version` says of a database.
    struct Version {
        let number: Int
        let migrations: Int
        /// Whether all batches of all migrations are done.
        let isComplete: Bool
        let oldestProgram: Int
        let checksum: String
    }

    /// Sees to it that this program and the schema fit together; makes the schema of an empty database.
    ///
    /// Nothing that is there is changed: that is what `migrate` is for.
    ///
    /// - Throws: `SchemaError`.
    package func prepare(_ connection: Connection) throws {
        guard let version = try version(of: connection) else {
            try migrate(connection, onlyIfEmpty: true)
            return
        }
        try check(version)
    }

    /// Like `prepare`, of a database that has a schema; cheap enough to be asked before each run.
    ///
    /// - Throws: `SchemaError`.
    package func requireFit(_ connection: Connection) throws {
        if let version = try version(of: connection) { try check(version) }
    }

    private func check(_ version: Version) throws {
        let number = version.number
        if number > self.number {
            guard version.oldestProgram <= self.number else {
                throw SchemaError.databaseIsNewer(version: number, newestKnown: self.number)
            }
        } else if number < self.number {
            throw SchemaError.databaseIsOlder(version: number, needed: self.number)
        } else if version.migrations != number {
            throw SchemaError.migrationMissing
        } else if !version.isComplete {
            throw SchemaError.migrationIncomplete
        } else if version.checksum != checksum {
            throw SchemaError.databaseDiffers
        }
    }

    /// - Returns: `nil` when the database has no registry.
    func version(of connection: Connection) throws -> Version? {
        do {
            let rows = try connection.query(
                "select number, migrations, is_complete, oldest_program, checksum from analysis.schema_version")
            guard let row = rows.first, try row["number"] as Int? != nil else { throw SchemaError.migrationMissing }
            return Version(
                number: try row["number"], migrations: try row["migrations"], isComplete: try row["is_complete"],
                oldestProgram: try row["oldest_program"], checksum: try row["checksum"])
        } catch let error as PostgreSQLError where error.sqlState == .insufficientPrivilege {
            throw SchemaError.mayNotRead
        } catch let error as PostgreSQLError where error.sqlState?.isOfMissingObject == true {
            let schemas: Int = try connection.query(
                "select count(*) as n from pg_namespace where nspname in ('registry', 'analysis')")[0]["n"]
            guard schemas > 0 else { return nil }
            throw SchemaError.foreignSchema
        }
    }
}
