import PostgreSQL

/// Views, functions and roles: put in their place by every migration, and made again where others have changed them.
extension Schema {
    func applyScripts(to connection: Connection, _ patience: Patience) throws -> [String] {
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
    func restore(_ connection: Connection, _ patience: Patience) throws -> [String] {
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

    func execute(_ script: Script, on connection: Connection, except unchanged: Set<String> = []) throws {
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
    func record(_ connection: Connection) throws {
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
    func applyRoles(_ connection: Connection, _ patience: Patience) throws -> Int {
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
