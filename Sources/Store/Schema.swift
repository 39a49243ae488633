import PostgreSQL

/// The schema that this program works with: numbered migrations, each applied once, and scripts (functions, views, roles) that are
/// applied again whenever their text has changed.
public struct Schema: Sendable {
    /// A numbered change to the tables. Once released, its file never changes.
    public struct Migration: Sendable {
        public let version: Int
        public let name: String
        public let text: String
        public let checksum: String
    }

    /// Functions, views or roles: a file that may be applied any number of times.
    public struct Script: Sendable {
        public let name: String
        public let text: String
        public let checksum: String
    }

    /// In order of version, without gaps.
    public let migrations: [Migration]
    /// In the order in which they depend on each other.
    public let scripts: [Script]

    /// The schema of `sql/` when the program was built.
    public static let current = Schema(files: EmbeddedSQL.files)

    /// - Parameter files: path below `sql/` without ending, and text, in order of path.
    init(files: [(path: String, text: String)]) {
        migrations =
            files
            .filter { $0.path.hasPrefix("migrations/") }
            .map { file in
                let name = String(file.path.dropFirst("migrations/".count))
                let version = Int(name.prefix { $0 != "-" }) ?? 0
                return Migration(version: version, name: name, text: file.text, checksum: sha256(file.text))
            }
            .sorted { $0.version < $1.version }
        scripts =
            ["functions/", "views/", "roles"].flatMap { part in files.filter { $0.path.hasPrefix(part) } }
            .map { Script(name: $0.path, text: $0.text, checksum: sha256($0.text)) }
    }

    /// Brings the schema of a database up to date; several processes may do so at once.
    ///
    /// Every migration is a transaction of its own. A transaction-level advisory lock puts the processes in order,
    /// so no session state is needed.
    ///
    /// - Returns: The names of the migrations that were applied.
    /// - Throws: `SchemaError` when the database is newer than this program, when an applied migration differs from its
    ///   file, or when the role may not change the schema.
    @discardableResult
    public func migrate(_ connection: Connection) throws -> [String] {
        do {
            guard try needsWork(connection) else { return [] }
        } catch let error as PostgreSQLError where error.sqlState == .insufficientPrivilege {
            return []  // A reader: it sees the views alone, and may not ask for more.
        }
        do {
            let applied = try migrations.filter { try apply($0, to: connection) }.map(\.name)
            try applyScripts(to: connection)
            return applied
        } catch let error as PostgreSQLError where error.sqlState == .insufficientPrivilege {
            throw SchemaError.mayNotMigrate(error.description)
        }
    }

    private func needsWork(_ connection: Connection) throws -> Bool {
        let applied = try appliedMigrations(connection)
        guard applied.count == migrations.count else { return true }
        let stored = try scriptChecksums(connection)
        return scripts.contains { stored[$0.name] != $0.checksum }
    }

    private func appliedMigrations(_ connection: Connection) throws -> Set<Int> {
        // Not by to_regclass: that may answer from a cache which is older than the lock.
        let isPresent: Bool = try connection.query(
            """
            select exists (select
                             from pg_catalog.pg_tables
                            where schemaname = 'registry'
                              and tablename = 'schema_migration') as is_present
            """)[0]["is_present"]
        guard isPresent else { return [] }
        let known = Dictionary(uniqueKeysWithValues: migrations.map { ($0.version, $0) })
        var applied: Set<Int> = []
        for row in try connection.query("select version, name, checksum from registry.schema_migration") {
            let version: Int = try row["version"]
            guard let migration = known[version] else {
                throw SchemaError.databaseIsNewer(version: version, newestKnown: migrations.last?.version ?? 0)
            }
            guard try row["checksum"] == migration.checksum else {
                throw SchemaError.migrationDiffers(migration.name)
            }
            applied.insert(version)
        }
        return applied
    }

    private func scriptChecksums(_ connection: Connection) throws -> [String: String] {
        var checksums: [String: String] = [:]
        for row in try connection.query("select name, checksum from registry.schema_script") {
            checksums[try row["name"]] = try row["checksum"]
        }
        return checksums
    }

    /// - Returns: Whether the migration was applied here, and not earlier or by another process.
    private func apply(_ migration: Migration, to connection: Connection) throws -> Bool {
        try connection.transaction {
            try lock(connection)
            guard try !appliedMigrations(connection).contains(migration.version) else { return false }
            try connection.script(migration.text)
            _ = try connection.execute(
                "insert into registry.schema_migration (version, name, checksum) values ($1, $2, $3)",
                migration.version, migration.name, migration.checksum)
            return true
        }
    }

    private func applyScripts(to connection: Connection) throws {
        try connection.transaction {
            try lock(connection)
            let stored = try scriptChecksums(connection)
            guard scripts.contains(where: { stored[$0.name] != $0.checksum }) else { return }
            for script in scripts {
                try connection.script(script.text)
                _ = try connection.execute(
                    """
                    insert into registry.schema_script (name, checksum)
                    values ($1, $2)
                        on conflict (name) do update
                       set checksum = excluded.checksum,
                           applied_at = now()
                    """,
                    script.name, script.checksum)
            }
        }
    }

    /// Held until the transaction ends. The key is “registry” in ASCII.
    private func lock(_ connection: Connection) throws {
        _ = try connection.query("select pg_advisory_xact_lock(x'7265676973747279'::bigint)")
    }
}

/// Why a database's schema and this program do not fit together.
public enum SchemaError: Error, Sendable, CustomStringConvertible {
    case databaseIsNewer(version: Int, newestKnown: Int)
    case migrationDiffers(String)
    case mayNotMigrate(String)

    public var description: String {
        switch self {
        case .databaseIsNewer(let version, let newestKnown):
            "The database has schema version \(version), this program knows versions up to \(newestKnown). "
                + "Use a newer registry program with it."
        case .migrationDiffers(let name):
            "The database was migrated with another text of sql/migrations/\(name).sql than this program has. "
                + "Use the program that made it, or restore a backup."
        case .mayNotMigrate(let reason):
            "The database's schema must be brought up to date, and this role may not do so (\(reason)). "
                + "Have its owner run: registry db migrate"
        }
    }
}
