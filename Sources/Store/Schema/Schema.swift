import PostgreSQL

/// The schema that this program works with: numbered migrations, each applied once, and scripts (functions, views, roles)
/// that may be applied any number of times.
///
/// Its number is that of its last migration. A release that changes scripts alone comes with a migration that holds
/// nothing but a comment, so that programs can tell which of two schemas is the later.
package struct Schema: Sendable {
    /// A numbered change to the tables. Once released, its file never changes.
    package struct Migration: Sendable {
        package let version: Int
        package let name: String
        /// Applied in one transaction.
        package let text: String
        /// Each is executed by itself, in a transaction of its own, until it changes no row: large tables are filled in
        /// portions, and resumed where an attempt was interrupted. `create index concurrently` also goes here.
        package let batches: [String]
        /// The number of the oldest schema whose programs still work with what this migration makes.
        package let oldestProgram: Int
        package let checksum: String
    }

    /// Functions, views or roles: a file that may be applied any number of times.
    package struct Script: Sendable {
        package let name: String
        package let text: String
        package let checksum: String
    }

    /// In order of version, without gaps.
    package let migrations: [Migration]
    /// In the order in which they depend on each other.
    package let scripts: [Script]

    /// The number of the last migration.
    package var number: Int { migrations.last?.version ?? 0 }

    /// The schema of `sql/` when the program was built.
    package static let current = Schema(files: EmbeddedSQL.files)

    /// - Parameter files: path below `sql/` without ending, and text, in order of path.
    init(files: [(path: String, text: String)]) {
        migrations =
            files
            .filter { $0.path.hasPrefix("migrations/") }
            .map { Migration(name: String($0.path.dropFirst("migrations/".count)), file: $0.text) }
            .sorted { $0.version < $1.version }
        scripts =
            ["functions/", "views/", "roles"].flatMap { part in files.filter { $0.path.hasPrefix(part) } }
            .map { Script(name: $0.path, text: $0.text, checksum: sha256($0.text)) }
    }

    /// One checksum of all files, as `analysis.schema_version` makes it of what was applied.
    var checksum: String {
        let lines =
            migrations.map { "migrations/\($0.name) \($0.checksum)" } + scripts.map { "\($0.name) \($0.checksum)" }
        return sha256(lines.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }.joined(separator: "\n"))
    }
}

extension Schema.Migration {
    /// - Parameters:
    ///   - name: The number, a hyphen and words.
    ///   - file: Statements; a line `-- Works with programs from schema N on.` where older programs may go on working, and
    ///     after each line `-- batch` a statement that is repeated.
    init(name: String, file: String) {
        let parts = file.split(separator: "\n", omittingEmptySubsequences: false)
            .split(omittingEmptySubsequences: false) { $0 == "-- batch" }
            .map { $0.joined(separator: "\n") }
        let version = Int(name.prefix { $0 != "-" }) ?? 0
        self.init(
            version: version, name: name, text: parts.first ?? "", batches: Array(parts.dropFirst()),
            oldestProgram: file.firstMatch(of: /-- Works with programs from schema (\d+) on\./).flatMap { Int($0.1) }
                ?? version,
            checksum: sha256(file))
    }
}
