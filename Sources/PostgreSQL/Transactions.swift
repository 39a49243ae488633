import CLibPQ

extension Connection {
    /// A client that vanishes in a transaction, with its machine or its network, leaves its locks behind: left alone, a
    /// server notices after hours. Told so, it ends the transaction after half a minute. Settings of the transaction, not
    /// of the session, pass through every pooler.
    private static let settings = """
        set local idle_in_transaction_session_timeout = '30s'; set local tcp_user_timeout = '20s';
        set local tcp_keepalives_idle = 10; set local tcp_keepalives_interval = 5; set local tcp_keepalives_count = 3;
        set local search_path = \(searchPath)
        """

    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws. Inside another transaction it
    /// is a savepoint of that one.
    ///
    /// A transaction that sends the server nothing for 30 seconds is ended by it.
    ///
    /// - Throws: What `body` threw; `PostgreSQLError.commitOutcomeUnknown` when the connection broke while the
    ///   transaction was being committed.
    package func transaction<Value>(_ body: () throws -> Value) throws -> Value {
        let savepoint = "level_\(transactionDepth)"
        let isOutermost = transactionDepth == 0
        // A session of one's own has it already.
        let lockTimeout = isPooled ? "; set local lock_timeout = '\(Self.lockTimeout)'" : ""
        try simple(
            isOutermost
                ? "begin isolation level read committed; \(Self.settings)\(lockTimeout)"
                : "savepoint \(savepoint)")
        transactionDepth += 1
        defer { transactionDepth -= 1 }
        let value: Value
        do {
            value = try body()
        } catch {
            // When the connection is gone, so is the transaction; the first error is the one to tell.
            if isOutermost {
                _ = try? execute("rollback")
            } else {
                _ = try? script("rollback to savepoint \(savepoint); release savepoint \(savepoint)")
            }
            throw error
        }
        guard isOutermost else {
            try execute("release savepoint \(savepoint)")
            return value
        }
        try commit()
        return value
    }

    private func commit() throws {
        do {
            try check(PQsendQuery(pointer, "commit"))
            let tag = try results(until: deadline).last.flatMap { PQcmdStatus($0.pointer) }.map { String(cString: $0) }
            // A transaction in which a statement failed, and whose failure `body` swallowed, ends as ROLLBACK.
            guard tag == "COMMIT" else {
                throw PostgreSQLError.transactionAborted
            }
        } catch PostgreSQLError.connectionLost(let reason) where !isUsable {
            throw PostgreSQLError.commitOutcomeUnknown(reason)
        } catch PostgreSQLError.timedOut(let duration) {
            throw PostgreSQLError.commitOutcomeUnknown("no answer within \(duration)")
        }
    }
}
