import CLibPQ

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension Connection {
    /// Runs a statement.
    ///
    /// - Returns: The number of rows that it inserted, updated, deleted or selected.
    /// - Throws: `PostgreSQLError`.
    @discardableResult
    package func execute(_ sql: String, _ parameters: (any PostgreSQLEncodable)?...) throws -> Int {
        affectedRows(of: try run(sql, parameters))
    }

    /// Runs a statement and returns its rows.
    ///
    /// - Throws: `PostgreSQLError`.
    package func query(_ sql: String, _ parameters: (any PostgreSQLEncodable)?...) throws -> Rows {
        Rows(try run(sql, parameters))
    }

    /// Runs a statement and returns its rows.
    ///
    /// - Throws: `PostgreSQLError`.
    package func query(_ sql: String, parameters: [(any PostgreSQLEncodable)?]) throws -> Rows {
        Rows(try run(sql, parameters))
    }

    /// Runs any number of statements without parameters, as migrations need; without `transaction` around it they are
    /// one transaction of their own.
    ///
    /// - Throws: `PostgreSQLError`.
    package func script(_ sql: String) throws {
        try inTransactionIfPooled { try simple(sql) }
    }

    /// A pooler hands out a session of the server for a transaction: what a statement needs set must be set in its own.
    func inTransactionIfPooled<Value>(_ body: () throws -> Value) throws -> Value {
        isPooled && transactionDepth == 0 ? try transaction(body) : try body()
    }

    func simple(_ sql: String) throws {
        try refuseNUL(in: sql)
        try check(PQsendQuery(pointer, sql))
        _ = try results(until: deadline)
    }

    private func affectedRows(of result: Rows.Result) -> Int {
        PQcmdTuples(result.pointer).flatMap { Int(String(cString: $0)) } ?? 0
    }

    private func run(_ sql: String, _ parameters: [(any PostgreSQLEncodable)?]) throws -> Rows.Result {
        try inTransactionIfPooled {
            try send(sql, parameters.map { $0?.postgreSQLParameter })
            guard let last = try results(until: deadline).last else { throw lost }
            return last
        }
    }

    private func send(_ sql: String, _ parameters: [Parameter?]) throws {
        try refuseNUL(in: sql)
        guard parameters.count <= Int(UInt16.max) else {
            throw PostgreSQLError.encoding("\(parameters.count) parameters; a statement takes at most 65,535.")
        }
        var types: [UInt32] = []
        var formats: [Int32] = []
        var lengths: [Int32] = []
        var storage: [UnsafeMutableRawPointer?] = []
        defer { storage.forEach { free($0) } }
        for parameter in parameters {
            switch parameter {
            case nil:
                storage.append(nil)
                lengths.append(0)
                formats.append(0)
                types.append(0)
            case .text(let text):
                try refuseNUL(in: text)
                storage.append(UnsafeMutableRawPointer(strdup(text)))
                lengths.append(0)
                formats.append(0)
                types.append(0)
            case .bytes(let bytes):
                guard let length = Int32(exactly: bytes.count) else {
                    throw PostgreSQLError.encoding("\(bytes.count) bytes; a value holds at most 1 GiB.")
                }
                let copy = malloc(max(bytes.count, 1))
                bytes.withUnsafeBytes {
                    if let start = $0.baseAddress { copy?.copyMemory(from: start, byteCount: bytes.count) }
                }
                storage.append(copy)
                lengths.append(length)
                formats.append(1)
                types.append(DataType.bytea.rawValue)
            }
        }
        let values = storage.map { $0.map { UnsafePointer($0.assumingMemoryBound(to: CChar.self)) } }
        try check(
            PQsendQueryParams(pointer, sql, Int32(parameters.count), types, values, lengths, formats, 1))
    }

    func refuseNUL(in text: String) throws {
        guard !text.utf8.contains(0) else {
            throw PostgreSQLError.encoding("A text with a NUL character can't be stored: “\(text.prefix(20))…”.")
        }
    }

    /// - Parameter accepted: What a `PQsend…` call returned.
    func check(_ accepted: Int32) throws {
        guard accepted == 1 else { throw lost }
    }

    /// Sends what is buffered and collects all results of the statement.
    ///
    /// - Throws: The first error that the server reports, after all results are read; `connectionLost`, `timedOut`.
    func results(until deadline: ContinuousClock.Instant?) throws -> [Rows.Result] {
        var collected: [Rows.Result] = []
        var failure: PostgreSQLError?
        while let result = try nextResult(until: deadline) {
            switch PQresultStatus(result.pointer) {
            case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
                failure = failure ?? error(of: result)
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                return [result]
            default:
                collected.append(result)
            }
        }
        if let failure { throw failure }
        return collected
    }

    /// - Returns: `nil` when the statement has no more results.
    func nextResult(until deadline: ContinuousClock.Instant?) throws -> Rows.Result? {
        var isFlushed = false
        while true {
            if !isFlushed {
                switch PQflush(pointer) {
                case 0: isFlushed = true
                case 1: break
                default: throw lost
                }
            }
            if isFlushed, PQisBusy(pointer) == 0 {
                return PQgetResult(pointer).map(Rows.Result.init)
            }
            guard try wait(for: isFlushed ? POLLIN : POLLIN | POLLOUT, until: deadline) else { throw abandon() }
            guard PQconsumeInput(pointer) == 1 else { throw lost }
        }
    }

    /// An error result that carries no SQLSTATE was made by libpq itself: the connection broke.
    private func error(of result: Rows.Result) -> PostgreSQLError {
        guard PQresultErrorField(result.pointer, sqlStateField) != nil else {
            return .connectionLost(oneLine(PQresultErrorMessage(result.pointer)))
        }
        return .server(ServerError(result: result.pointer))
    }
}

/// `PG_DIAG_SQLSTATE`.
private let sqlStateField = Int32(UInt8(ascii: "C"))
