/// The five characters by which a PostgreSQL server classifies an error.
///
/// - Source: PostgreSQL manual, appendix A, “PostgreSQL error codes”.
package struct SQLState: Sendable, Hashable, CustomStringConvertible {
    package let code: String

    package init(_ code: String) {
        self.code = code
    }

    package var description: String { code }

    /// The first two characters, e.g. `23` for every violated constraint.
    package var conditionClass: String { String(code.prefix(2)) }

    /// Whether the server could not read or write its own files, or found them damaged.
    package var isOfDamagedFiles: Bool { conditionClass == "58" || ["XX001", "XX002"].contains(code) }

    /// Whether a schema, table, column, function or trigger is missing, or another than a statement takes it for.
    package var isOfMissingObject: Bool {
        [
            .undefinedSchema, .undefinedTable, .undefinedColumn, .undefinedObject, .undefinedFunction, .wrongObjectType,
        ].contains(self)
    }

    package static let divisionByZero = SQLState("22012")
    package static let characterNotInRepertoire = SQLState("22021")
    package static let uniqueViolation = SQLState("23505")
    package static let checkViolation = SQLState("23514")
    package static let readOnlyTransaction = SQLState("25006")
    package static let idleInTransactionSessionTimeout = SQLState("25P03")
    package static let transactionTimeout = SQLState("25P04")
    package static let dependentObjectsStillExist = SQLState("2BP01")
    package static let undefinedSchema = SQLState("3F000")
    package static let serializationFailure = SQLState("40001")
    package static let deadlockDetected = SQLState("40P01")
    package static let insufficientPrivilege = SQLState("42501")
    package static let undefinedTable = SQLState("42P01")
    package static let duplicateSchema = SQLState("42P06")
    package static let invalidFunctionDefinition = SQLState("42P13")
    package static let invalidTableDefinition = SQLState("42P16")
    package static let undefinedColumn = SQLState("42703")
    package static let undefinedObject = SQLState("42704")
    package static let wrongObjectType = SQLState("42809")
    package static let undefinedFunction = SQLState("42883")
    package static let diskFull = SQLState("53100")
    package static let configurationLimitExceeded = SQLState("53400")
    package static let objectNotInPrerequisiteState = SQLState("55000")
    package static let lockNotAvailable = SQLState("55P03")
    package static let queryCanceled = SQLState("57014")
    package static let adminShutdown = SQLState("57P01")
    package static let crashShutdown = SQLState("57P02")
    package static let cannotConnectNow = SQLState("57P03")
    package static let idleSessionTimeout = SQLState("57P05")
}
