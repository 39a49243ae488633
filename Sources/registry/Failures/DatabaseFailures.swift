import PostgreSQL
import Store

extension PostgreSQLError: Failure {
    var exitStatus: ExitStatus {
        switch self {
        case .cannotConnect, .connectionLost, .commitOutcomeUnknown, .timedOut: .databaseUnreachable
        case .unreadableConnectionString: .usage
        case .server(let error) where [.queryCanceled, .configurationLimitExceeded].contains(error.sqlState): .tryAgain
        case .server(let error) where isConnectionLoss || error.isRefusal: .databaseUnreachable
        case .server(let error) where error.sqlState.isOfMissingObject || error.sqlState.isOfDamagedFiles:
            .databaseUnreachable
        case .server(let error) where error.sqlState == .insufficientPrivilege: .noPermission
        case .server where isTransient: .tryAgain
        case .server(let error) where error.isDataException: .badInput
        case .server: .internalError
        case .transactionAborted, .encoding: .internalError
        // A row that lacks what every such row has, or a number that is outside of its range.
        case .decoding: .badInput
        }
    }

    package var advice: String? {
        switch sqlState {
        case .insufficientPrivilege:
            "Use the login of the schema's owner, or have the role granted registry_writer (to train) or registry_reader "
                + "(to read); registry db migrate gives those their rights."
        case .readOnlyTransaction: "Name the primary server with --database."
        case .lockNotAvailable: "Try again later."
        case let state? where state.isOfMissingObject:
            "Views and functions are made again by: registry db migrate; what else is missing, shows: registry doctor"
        default: nil
        }
    }
}

extension ServerError {
    /// Whether the server refused this user or this database, rather than failing at what was asked.
    fileprivate var isRefusal: Bool { ["28", "3D", "53", "25006"].contains { sqlState.code.hasPrefix($0) } }

    /// Whether it met numbers that cannot be computed with, as where stored rows contradict each other.
    fileprivate var isDataException: Bool { sqlState.code.hasPrefix("22") }
}

extension EmbeddedServerError: Failure {
    var exitStatus: ExitStatus {
        switch self {
        case .locked: .tryAgain
        case .foreignFolder, .writableByOthers: .noPermission
        default: .databaseUnreachable
        }
    }

    package var advice: String? {
        switch self {
        case .noServerInstalled: "Install one with: apt-get install postgresql; or name one with --database."
        case .foreignFolder: "Name a folder of your own with REGISTRY_HOME."
        case .notAFolder(let path): "Name a folder with REGISTRY_HOME, or remove it with: rm \(path.asShellWord)"
        case .noAnswer: "Try again later, or stop it with: registry db stop"
        case .home: "Name another folder with REGISTRY_HOME."
        default: nil
        }
    }
}

extension SchemaError: Failure {
    var exitStatus: ExitStatus {
        switch self {
        case .mayNotMigrate, .mayNotRead: .noPermission
        case .locked: .tryAgain
        default: .databaseUnreachable
        }
    }

    package var advice: String? {
        switch self {
        case .databaseIsOlder, .databaseDiffers, .migrationIncomplete, .mayNotMigrate:
            "Have the schema's owner run: registry db migrate"
        case .mayNotRead:
            "Have the schema's owner run: registry db migrate, then: grant registry_reader to the role, or "
                + "registry_writer if it trains."
        case .foreignSchema: "Name another database with --database."
        case .isReadOnly: "Run registry db migrate on the primary server."
        case .inTheWay: "Drop them, run registry db migrate again, and create them again."
        case .locked: "Try again later: registry db migrate"
        case .wrongEncoding:
            // With the locale of the server's other databases UTF8 may not be possible.
            "Make another one with: createdb --encoding UTF8 --lc-collate C --lc-ctype C --template template0 NAME"
        case .databaseIsNewer, .migrationDiffers, .migrationMissing: nil
        }
    }
}

extension InconsistentContents: Failure { var exitStatus: ExitStatus { .badInput } }
