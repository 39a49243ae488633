import PostgreSQL

extension Store {
    /// Lets an alias stand for a version from now on; its history is kept.
    package func set(alias: String, to version: StoredVersion) throws {
        _ = try connection.execute(
            """
            insert into registry.model_alias (model_id, alias, number)
            select model_id, $2, $3
              from registry.model
             where name = $1
                on conflict (model_id, alias) do update
               set number = excluded.number
            """, version.model, alias, version.number)
    }

    /// - Returns: Whether there was one.
    package func remove(alias: String, of model: String) throws -> Bool {
        try connection.execute(
            """
            delete from registry.model_alias
             using registry.model
             where model.model_id = model_alias.model_id
               and model.name = $1
               and model_alias.alias = $2
            """, model, alias) == 1
    }

    /// The models of which a version that was trained here has this alias.
    package func trainedModels(withAlias alias: String) throws -> [String] {
        try connection.query(
            """
            select model
              from analysis.model_version
             where $1 = any (aliases)
               and origin = 'trained'
             order by model
            """, alias
        ).map { try $0["model"] }
    }
}
