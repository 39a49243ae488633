import PostgreSQL

/// What `Schema.migrate` has done.
package struct MigrationReport: Sendable, Hashable {
    /// Names of the migrations that were applied or completed.
    package var migrations: [String] = []
    /// Names of the scripts that were applied because their text had changed.
    package var scripts: [String] = []
    /// Views and functions that others had dropped or changed, and that were made again.
    package var restored: [String] = []
    /// Privileges that were given or taken away; `nil` where this role may not change them.
    package var privileges: Int? = 0
    /// The schema's number when that is above the program's, which works with it all the same.
    package var newerSchema: Int?
}

extension Schema {
    /// Brings the schema of a database up to date; several processes may do so at once.
    ///
    /// Each migration is a transaction, and so are the scripts. None waits longer than two seconds for a lock, since
    /// whoever comes later would wait behind it; it is tried again until `limit` has passed.
    ///
    /// - Parameters:
    ///   - limit: How long to try while others are in the way.
    ///   - onlyIfEmpty: Make what an empty database lacks, and change nothing that is there.
    ///   - tell: Called with a line for each session that is in the way.
    /// - Throws: `SchemaError`; what was applied before stays.
    @discardableResult
    package func migrate(
        _ connection: Connection, within limit: Duration = .seconds(60), onlyIfEmpty: Bool = false,
        tell: @escaping (String) -> Void = { _ in }
    ) throws -> MigrationReport {
        let patience = Patience(connection, limit: limit, tell: tell)
        do {
            return try migrate(connection, patience, onlyIfEmpty: onlyIfEmpty)
        } catch let error as PostgreSQLError {
            guard case .server(let reason) = error else { throw error }
            switch reason.sqlState {
            case .insufficientPrivilege: throw SchemaError.mayNotMigrate(reason.message)
            case .readOnlyTransaction: throw SchemaError.isReadOnly
            case .dependentObjectsStillExist: throw SchemaError.inTheWay(dependents(in: reason.detail ?? ""))
            default: throw error
            }
        }
    }

    private func migrate(
        _ connection: Connection, _ patience: Patience, onlyIfEmpty: Bool
    ) throws -> MigrationReport {
        var report = MigrationReport()
        guard let version = try version(of: connection) else {
            do {
                report.migrations = try make(connection, patience)
            } catch let error as PostgreSQLError
                where error.sqlState == .duplicateSchema || error.sqlState == .uniqueViolation
            {
                // Another process has made it meanwhile.
                return try migrate(connection, patience, onlyIfEmpty: onlyIfEmpty)
            }
            try runBatches(connection, patience)
            return report
        }
        if onlyIfEmpty {
            try requireFit(connection)
            return report
        }
        if version.number > self.number {
            try requireFit(connection)
            report.newerSchema = version.number
            return report
        }
        if version.checksum == checksum, version.isComplete {
            report.restored = try restore(connection, patience)
            do {
                report.privileges = try applyRoles(connection, patience)
            } catch let error as PostgreSQLError where error.sqlState == .insufficientPrivilege {
                report.privileges = nil
            }
            return report
        }
        report.migrations = try migrations.filter { migration in
            try patience.transaction { try apply(migration, to: connection) }
        }.map(\.name)
        report.migrations += try runBatches(connection, patience).filter { !report.migrations.contains($0) }
        report.scripts = try applyScripts(to: connection, patience)
        report.privileges = try applyRoles(connection, patience)
        return report
    }

    /// Everything in one transaction, so that whoever is killed leaves an empty database; the names of the schemas, which
    /// are unique, put several processes in order.
    private func make(_ connection: Connection, _ patience: Patience) throws -> [String] {
        let encoding: String = try connection.query("show server_encoding")[0]["server_encoding"]
        guard encoding == "UTF8" else { throw SchemaError.wrongEncoding(encoding) }
        return try patience.transaction {
            for migration in migrations { try execute(migration, on: connection) }
            for script in scripts { try execute(script, on: connection) }
            try record(connection)
            return migrations.map(\.name)
        }
    }

    private func apply(_ migration: Migration, to connection: Connection) throws -> Bool {
        try lock(connection)
        let applied = try connection.query("select version, name, checksum from registry.schema_migration")
        for row in applied {
            guard try row["version"] == migration.version else { continue }
            guard try row["checksum"] == migration.checksum else { throw SchemaError.migrationDiffers(migration.name) }
            return false
        }
        guard try applied.allSatisfy({ try $0["version"] < migration.version }) else {
            throw SchemaError.migrationMissing
        }
        try execute(migration, on: connection)
        return true
    }

    private func execute(_ migration: Migration, on connection: Connection) throws {
        try connection.script(migration.text)
        _ = try connection.execute(
            """
            insert into registry.schema_migration (version, name, checksum, oldest_program, finished_at)
            values ($1, $2, $3, $4, case when $5 then now() end)
            """,
            migration.version, migration.name, migration.checksum, migration.oldestProgram, migration.batches.isEmpty)
    }

    /// - Returns: The names of the migrations that were completed.
    @discardableResult
    private func runBatches(_ connection: Connection, _ patience: Patience) throws -> [String] {
        let unfinished = Set(
            try connection.query("select version from registry.schema_migration where finished_at is null")
                .map { row -> Int in try row["version"] })
        return try migrations.filter { unfinished.contains($0.version) }.map { migration in
            for batch in migration.batches {
                // What is built concurrently can't be in a transaction.
                let isConcurrent = batch.contains(" concurrently ")
                while true {
                    let changed =
                        try isConcurrent
                        ? patience.statement { try connection.execute(batch) }
                        : patience.transaction { try connection.execute(batch) }
                    if changed == 0 { break }
                }
            }
            _ = try connection.execute(
                "update registry.schema_migration set finished_at = now() where version = $1", migration.version)
            return migration.name
        }
    }

    /// Only who made the schema may take this lock: nobody who reads or trains can hold a migration up with it.
    func lock(_ connection: Connection) throws {
        try connection.execute("lock table registry.schema_migration in share row exclusive mode")
    }
}

/// The objects that a server names as dependent on others, from lines such as “view a depends on view b”.
private func dependents(in detail: String) -> String {
    var names: [String] = []
    for line in detail.split(separator: "\n") {
        guard let end = line.firstRange(of: " depends on ") else { continue }
        let name = String(line[..<end.lowerBound])
        if !names.contains(name) { names.append(name) }
    }
    return names.joined(separator: ", ")
}
