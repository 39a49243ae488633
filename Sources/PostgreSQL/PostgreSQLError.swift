import CLibPQ

/// Whatever can go wrong between this process and a PostgreSQL server.
package enum PostgreSQLError: Error, Sendable, CustomStringConvertible {
    /// No connection could be made; the text is libpq's reason in one line.
    case cannotConnect(String)
    /// The text that says how to connect is none; it is not repeated, since it may hold a password.
    case unreadableConnectionString
    /// The server refused or failed a statement.
    case server(ServerError)
    /// The connection broke. What the server did with the last statement is known only if it was in a transaction that
    /// had not been committed: then nothing.
    case connectionLost(String)
    /// The connection broke between COMMIT and its answer: the transaction may have been committed or not.
    case commitOutcomeUnknown(String)
    /// A statement in the transaction had failed and its error was swallowed, so that COMMIT rolled it back.
    case transactionAborted
    /// The server did not answer in time; the connection was closed.
    case timedOut(Duration)
    /// A value can't be sent, e.g. a text with a NUL character.
    case encoding(String)
    /// A value received is not of the type asked for.
    case decoding(String)

    /// The server's classification, when the server reported the error.
    package var sqlState: SQLState? {
        guard case .server(let error) = self else { return nil }
        return error.sqlState
    }

    /// Whether the connection can't be used any more.
    package var isConnectionLoss: Bool {
        switch self {
        case .cannotConnect, .connectionLost, .commitOutcomeUnknown, .timedOut: true
        case .server(let error):
            [
                .adminShutdown, .crashShutdown, .cannotConnectNow, .idleInTransactionSessionTimeout,
                .idleSessionTimeout,
                .transactionTimeout,
            ].contains(error.sqlState) || error.sqlState.conditionClass == "08"
        case .unreadableConnectionString, .transactionAborted, .encoding, .decoding: false
        }
    }

    /// Whether the same statement may succeed when it is tried again, on a new connection where this one is lost.
    package var isTransient: Bool {
        if case .server(let error) = self, error.sqlState != .configurationLimitExceeded,
            ["40", "53", "55"].contains(error.sqlState.conditionClass)
        {
            return true
        }
        return isConnectionLoss
    }

    package var description: String {
        switch self {
        case .cannotConnect(let reason): "The database cannot be reached: \(reason)"
        case .unreadableConnectionString:
            "The database's address cannot be read; it is not shown, since it may hold a password. "
                + "Write postgresql://USER@HOST:PORT/DATABASE or “host=… dbname=…”. In a URL, special characters of a "
                + "password are percent-encoded (%40 for @, %2F for /, %25 for %); or leave it out and set PGPASSWORD."
        case .server(let error): error.description
        case .connectionLost(let reason): "The connection to the database was lost: \(reason)"
        case .commitOutcomeUnknown(let reason):
            "The connection to the database was lost while a transaction was being committed, so it may be stored or not: "
                + reason
        case .transactionAborted: "The transaction was rolled back, because a statement in it had failed."
        case .timedOut(let duration): "The database did not answer within \(duration); the connection was closed."
        case .encoding(let reason), .decoding(let reason): reason
        }
    }
}

/// An error as the server reports it.
package struct ServerError: Sendable, Hashable, CustomStringConvertible {
    package let sqlState: SQLState
    package let message: String
    package let detail: String?
    package let hint: String?
    package let schema: String?
    package let table: String?
    package let column: String?
    package let constraint: String?

    package var description: String {
        switch sqlState {
        case .insufficientPrivilege:
            return "This role may not do that: \(message)."
        case .readOnlyTransaction:
            return "The database accepts reading only: it is a standby, or the session is set so."
        case .queryCanceled:
            return
                "The database ended the statement: \(message). Ask for less, or raise statement_timeout of this role."
        case .configurationLimitExceeded:
            return "The database ended the statement: \(message). Ask for less, or raise that limit of this role."
        case .lockNotAvailable:
            return "Another session holds what this needs, and has not let go of it for too long."
        case _ where sqlState.isOfDamagedFiles:
            return
                "The database's files cannot be read or written: \(message). Restore a backup where they are damaged."
        case _ where sqlState.isOfMissingObject:
            return "The database's schema is damaged: \(message)."
        default: break
        }
        var text = "The database refused: \(message) (SQLSTATE \(sqlState))"
        if let detail { text += ". \(detail)" }
        if let hint { text += " \(hint)" }
        return text
    }

    init(result: OpaquePointer?) {
        func field(_ code: Character) -> String? {
            guard let ascii = code.asciiValue, let text = PQresultErrorField(result, Int32(ascii)) else { return nil }
            return String(cString: text)
        }
        sqlState = SQLState(field("C") ?? "XX000")
        message = field("M") ?? "unknown error"
        detail = field("D")
        hint = field("H")
        schema = field("s")
        table = field("t")
        column = field("c")
        constraint = field("n")
    }
}

/// libpq's messages span lines and end in one; a person reads one line.
func oneLine(_ message: UnsafePointer<CChar>?) -> String {
    guard let message else { return "no reason given" }
    let lines = String(cString: message).split(whereSeparator: \.isNewline).map { $0.trimmingSpaces() }
    return lines.filter { !$0.isEmpty }.joined(separator: "; ")
}

extension Substring {
    fileprivate func trimmingSpaces() -> Substring {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
