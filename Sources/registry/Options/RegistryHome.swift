import SystemPackage

/// The folder in which the program keeps what is its own: the embedded database and fetched data sets.
enum RegistryHome {
    /// `$REGISTRY_HOME`, else `$XDG_DATA_HOME/registry`, else `~/.local/share/registry`.
    ///
    /// - Throws: `HomeError`.
    static func path(environment: [String: String]) throws -> FilePath {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let path: FilePath
        if let home = value("REGISTRY_HOME") {
            path = FilePath(home)
        } else if let data = value("XDG_DATA_HOME") {
            path = FilePath(data).appending("registry")
        } else if let home = value("HOME") {
            path = FilePath(home).appending(".local/share/registry")
        } else {
            throw HomeError.missing
        }
        guard path.isAbsolute else { throw HomeError.relative(path.string) }
        // U+FFFD stands for what is not UTF-8. PostgreSQL's own paths have at most 1,023 bytes.
        let isUsable = path.string.unicodeScalars.allSatisfy {
            $0.properties.generalCategory != .control && $0 != "\u{FFFD}"
        }
        guard isUsable, path.string.utf8.count <= 900 else { throw HomeError.unusable }
        return path
    }
}

/// No folder that the program could keep something in.
enum HomeError: Failure {
    case missing
    case relative(String)
    case unusable

    var exitStatus: ExitStatus { .usage }
    var description: String {
        switch self {
        case .missing:
            "Neither REGISTRY_HOME nor HOME is set, so there is no place for the embedded database. "
                + "Set one of them, or name a server with --database."
        case .relative(let path):
            "“\(path)” is a relative path. REGISTRY_HOME, XDG_DATA_HOME and HOME must be absolute."
        case .unusable:
            "The path of the home is longer than 900 bytes, or has control characters or bytes that are not UTF-8, which "
                + "PostgreSQL does not take. Name another folder with REGISTRY_HOME."
        }
    }
}
