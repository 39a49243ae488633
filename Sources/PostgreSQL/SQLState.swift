/// The five characters by which a PostgreSQL server classifies an error.
///
/// - Source: PostgreSQL manual, appendix A, “PostgreSQL error codes”.
public struct SQLState: Sendable, Hashable, CustomStringConvertible {
    public let code: String

    public init(_ code: String) {
        self.code = code
    }

    public var description: String { code }

    /// The first two characters, e.g. `23` for every violated constraint.
    public var conditionClass: String { String(code.prefix(2)) }

    public static let connectionFailure = SQLState("08006")
    public static let numericValueOutOfRange = SQLState("22003")
    public static let divisionByZero = SQLState("22012")
    public static let characterNotInRepertoire = SQLState("22021")
    public static let invalidTextRepresentation = SQLState("22P02")
    public static let notNullViolation = SQLState("23502")
    public static let foreignKeyViolation = SQLState("23503")
    public static let uniqueViolation = SQLState("23505")
    public static let checkViolation = SQLState("23514")
    public static let readOnlyTransaction = SQLState("25006")
    public static let idleInTransactionSessionTimeout = SQLState("25P03")
    public static let transactionTimeout = SQLState("25P04")
    public static let invalidAuthorization = SQLState("28000")
    public static let invalidPassword = SQLState("28P01")
    public static let dependentObjectsStillExist = SQLState("2BP01")
    public static let undefinedDatabase = SQLState("3D000")
    public static let undefinedSchema = SQLState("3F000")
    public static let serializationFailure = SQLState("40001")
    public static let deadlockDetected = SQLState("40P01")
    public static let insufficientPrivilege = SQLState("42501")
    public static let syntaxError = SQLState("42601")
    public static let undefinedTable = SQLState("42P01")
    public static let duplicateDatabase = SQLState("42P04")
    public static let duplicateSchema = SQLState("42P06")
    public static let invalidFunctionDefinition = SQLState("42P13")
    public static let invalidTableDefinition = SQLState("42P16")
    public static let undefinedColumn = SQLState("42703")
    public static let diskFull = SQLState("53100")
    public static let tooManyConnections = SQLState("53300")
    public static let objectNotInPrerequisiteState = SQLState("55000")
    public static let lockNotAvailable = SQLState("55P03")
    public static let queryCanceled = SQLState("57014")
    public static let adminShutdown = SQLState("57P01")
    public static let crashShutdown = SQLState("57P02")
    public static let cannotConnectNow = SQLState("57P03")
    public static let idleSessionTimeout = SQLState("57P05")
}
