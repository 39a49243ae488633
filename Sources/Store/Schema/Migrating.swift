import PostgreSQL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

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
    private func lock(_ connection: Connection) throws {
        try connection.execute("lock table registry.schema_migration in share row exclusive mode")
    }

    // MARK: Scripts

    private func applyScripts(to connection: Connection, _ patience: Patience) throws -> [String] {
        do {
            return try patience.transaction { try applyScripts(to: connection) }
        } catch let error as PostgreSQLError
            where [.invalidTableDefinition, .invalidFunctionDefinition].contains(error.sqlState)
        {
            // Columns or parameters have changed: what was there is dropped, unless others built on it.
            try patience.transaction {
                try replaceScripts(on: connection)
                try record(connection)
            }
            return scripts.map(\.name)
        }
    }

    private func applyScripts(to connection: Connection) throws -> [String] {
        try lock(connection)
        var stored: [String: String] = [:]
        for row in try connection.query("select name, checksum from registry.schema_script") {
            stored[try row["name"]] = try row["checksum"]
        }
        let changed = scripts.filter { stored[$0.name] != $0.checksum }
        let views = try presentViews(connection)
        for script in changed { try execute(script, on: connection, except: views) }
        try record(connection)
        return changed.map(\.name)
    }

    /// The views that are there, each with the checksum of the statement that created it.
    private func presentViews(_ connection: Connection) throws -> Set<String> {
        Set(
            try connection.query(
                """
                select recorded.object, recorded.statement_checksum
                  from registry.schema_object as recorded
                  join analysis.schema_definitions() as present using (object)
                 where recorded.statement_checksum is not null
                   and (recorded.checksum = present.checksum
                        or recorded.server_version <> current_setting('server_version_num')::integer / 10000)
                """
            ).map { row -> String in "\(try row["object"] as String) \(try row["statement_checksum"] as String)" })
    }

    /// Makes views and functions again that others have dropped or changed. Tables, and what is in them, only a backup has.
    ///
    /// What the schema has to consist of stays as the last migration recorded it.
    ///
    /// - Returns: Their names; all that was asked for where even the comparison was gone.
    private func restore(_ connection: Connection, _ patience: Patience) throws -> [String] {
        let damaged = try damagedObjects(connection)
        guard damaged?.isEmpty != true else { return [] }
        do {
            try patience.transaction {
                try lock(connection)
                let views = damaged == nil ? [] : try presentViews(connection)
                for script in scripts { try execute(script, on: connection, except: views) }
            }
        } catch let error as PostgreSQLError
            where [.invalidTableDefinition, .invalidFunctionDefinition].contains(error.sqlState)
        {
            try patience.transaction { try replaceScripts(on: connection) }
        }
        let remaining = try damagedObjects(connection) ?? []
        return damaged.map { $0.subtracting(remaining).sorted() } ?? scripts.map(\.name)
    }

    /// - Returns: `nil` where what would tell it is missing itself.
    private func damagedObjects(_ connection: Connection) throws -> Set<String>? {
        do {
            return Set(
                try connection.query(
                    """
                    select object
                      from analysis.schema_difference
                     where difference <> 'added'
                       and (object like 'view %' or object like 'function %')
                    """
                ).map { row -> String in try row["object"] })
        } catch let error as PostgreSQLError where error.sqlState?.isOfMissingObject == true {
            return nil
        }
    }

    /// Applies all scripts to a schema from which their views and functions were taken. Privileges that the owner gave to
    /// others are kept.
    private func replaceScripts(on connection: Connection) throws {
        try lock(connection)
        let grants = try connection.query(
            """
            select format('grant %s on %s to %s', given.privilege_type, view.oid::regclass,
                          case given.grantee when 0 then 'public' else given.grantee::regrole::text end) as statement
              from pg_class as view
             cross join lateral aclexplode(view.relacl) as given
             where view.relnamespace = 'analysis'::regnamespace
               and view.relkind = 'v'
               and given.grantee <> view.relowner
            """
        ).map { row -> String in try row["statement"] }
        for kind in ["view", "function"] {
            let names = try connection.query(
                """
                select string_agg(substr(object, length($1) + 2), ', ') as names
                  from registry.schema_object
                  join analysis.schema_definitions() using (object)
                 where object like $1 || ' analysis.%'
                   and object not like '% analysis.schema\\_%'
                """, kind)
            guard let list: String = try names[0]["names"] else { continue }
            try connection.execute("drop \(kind) \(list)")
        }
        for script in scripts { try execute(script, on: connection) }
        let present = Set(
            try connection.query("select object from analysis.schema_definitions()").map { row -> String in
                try row["object"]
            })
        for grant in grants where present.contains("view \(grant.split(separator: " ")[3])") {
            try connection.execute(grant)
        }
    }

    private func execute(_ script: Script, on connection: Connection, except unchanged: Set<String> = []) throws {
        for statement in statements(of: script.text) {
            if let view = createdView(statement), unchanged.contains("\(view) \(sha256(statement))") { continue }
            try connection.script(statement)
        }
        _ = try connection.execute(
            """
            insert into registry.schema_script (name, checksum)
            values ($1, $2)
                on conflict (name) do update
               set checksum = excluded.checksum,
                   applied_at = now()
            """, script.name, script.checksum)
    }

    /// Keeps what the schema consists of now, for later comparison.
    private func record(_ connection: Connection) throws {
        let views = scripts.flatMap { statements(of: $0.text) }.compactMap { statement in
            createdView(statement).map { ($0, sha256(statement)) }
        }
        _ = try connection.execute("delete from registry.schema_script where not name = any ($1)", scripts.map(\.name))
        _ = try connection.execute("delete from registry.schema_object")
        _ = try connection.execute(
            """
            insert into registry.schema_object (object, checksum, statement_checksum, server_version)
            select present.object, present.checksum, view.checksum, current_setting('server_version_num')::integer / 10000
              from analysis.schema_definitions() as present
              left join unnest($1::text[], $2::text[]) as view (object, checksum) using (object)
            """, views.map(\.0), views.map(\.1))
    }

    /// - Returns: How many privileges were others than they must be.
    private func applyRoles(_ connection: Connection, _ patience: Patience) throws -> Int {
        guard let roles = scripts.last(where: { $0.name == "roles" }) else { return 0 }
        return try patience.transaction {
            try lock(connection)
            let before = try differingPrivileges(connection)
            try connection.script(roles.text)
            return before - (try differingPrivileges(connection))
        }
    }

    private func differingPrivileges(_ connection: Connection) throws -> Int {
        try connection.query("select count(*) as n from analysis.schema_privilege_difference")[0]["n"]
    }
}

/// The view that a statement creates, as `analysis.schema_definitions` names it.
private func createdView(_ statement: String) -> String? {
    statement.firstMatch(of: /(?m)^create or replace view (\S+) as$/).map { "view \($0.1)" }
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

/// Tries again while others hold what is needed, and says who does.
private final class Patience {
    private let connection: Connection
    private let deadline: ContinuousClock.Instant
    private let tell: (String) -> Void
    private var holders: [String] = []

    init(_ connection: Connection, limit: Duration, tell: @escaping (String) -> Void) {
        self.connection = connection
        deadline = .now + limit
        self.tell = tell
    }

    func transaction<Value>(_ body: () throws -> Value) throws -> Value {
        try retry {
            try connection.transaction {
                try connection.execute("set local lock_timeout = '2s'")
                let process: Int = try connection.query("select pg_backend_pid() as process")[0]["process"]
                return try watching(process, body)
            }
        }
    }

    /// For a statement that can't be in a transaction.
    func statement<Value>(_ body: () throws -> Value) throws -> Value {
        try retry { try watching(Int(connection.serverProcessID), body) }
    }

    private func retry<Value>(_ body: () throws -> Value) throws -> Value {
        while true {
            do {
                return try body()
            } catch let error as PostgreSQLError
                where [.lockNotAvailable, .deadlockDetected].contains(error.sqlState)
            {
                guard ContinuousClock.now < deadline else { throw SchemaError.locked(holders) }
                usleep(500_000)
            }
        }
    }

    private func watching<Value>(_ process: Int, _ body: () throws -> Value) throws -> Value {
        connection.whileWaiting = (.seconds(1), { [self] in tellWhoBlocks(process) })
        defer { connection.whileWaiting = nil }
        return try body()
    }

    private func tellWhoBlocks(_ process: Int) {
        let now = connection.holders(blocking: process)
        guard !now.isEmpty else { return }
        for holder in now where !holders.contains(holder) { tell("Waiting: \(holder).") }
        holders = now
    }
}
