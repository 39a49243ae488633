/// Why a database's schema and this program do not fit together, or why it could not be changed.
package enum SchemaError: Error, Sendable, CustomStringConvertible {
    case databaseIsNewer(version: Int, newestKnown: Int)
    case databaseIsOlder(version: Int, needed: Int)
    /// The same number, another text.
    case databaseDiffers
    case migrationDiffers(String)
    case migrationMissing
    case migrationIncomplete
    case mayNotMigrate(String)
    case mayNotRead
    case foreignSchema
    case wrongEncoding(String)
    case isReadOnly
    /// What stands on views that would have to be dropped.
    case inTheWay(String)
    /// Who held what for too long.
    case locked([String])

    package var description: String {
        switch self {
        case .databaseIsNewer(let version, let newestKnown):
            "The database has schema \(version), and this program knows schemas up to \(newestKnown), which do not work "
                + "with it. Use a newer registry program."
        case .databaseIsOlder(let version, let needed):
            "The database has schema \(version), and this program needs schema \(needed)."
        case .databaseDiffers:
            "The database's schema was made by another build of this program."
        case .migrationDiffers(let name):
            "The database was migrated with another text of sql/migrations/\(name).sql than this program has. "
                + "Use the program that made it, or restore a backup."
        case .migrationMissing:
            "Migrations are missing in registry.schema_migration, though later ones are there. Restore a backup."
        case .migrationIncomplete:
            "A migration of the database's schema was interrupted."
        case .mayNotMigrate(let reason):
            "This role may not change the database's schema (\(reason))."
        case .mayNotRead:
            "This role may not read the schema analysis."
        case .foreignSchema:
            "The database has a schema “registry” or “analysis” that this program has not made, or not as it is now."
        case .wrongEncoding(let encoding):
            "The database stores text as \(encoding), and registry needs UTF8."
        case .isReadOnly:
            "The database accepts reading only (a standby, or a read-only session), and its schema must be made or "
                + "changed."
        case .inTheWay(let objects):
            "Objects that are not registry's stand on views that must be replaced: \(objects). Nothing was changed."
        case .locked(let holders):
            "The schema could not be changed, because others were using it: "
                + (holders.isEmpty ? "nobody could be named" : holders.joined(separator: "; "))
                + ". Nothing more was changed."
        }
    }
}
