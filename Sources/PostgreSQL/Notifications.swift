import CLibPQ

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A message that another session sent with NOTIFY.
package struct Notification: Sendable, Hashable {
    package let channel: String
    package let payload: String
    package let serverProcessID: Int32
}

extension Connection {
    /// Subscribes to a channel until the connection ends.
    package func listen(to channel: String) throws {
        try refuseNUL(in: channel)
        guard let quoted = PQescapeIdentifier(pointer, channel, channel.utf8.count) else { throw lost }
        defer { PQfreemem(quoted) }
        try execute("listen \(String(cString: quoted))")
    }

    /// Sends a message to all that listen to a channel, when the transaction is committed.
    package func notify(_ channel: String, _ payload: String = "") throws {
        try execute("select pg_notify($1, $2)", channel, payload)
    }

    /// Waits for notifications.
    ///
    /// - Returns: Those that have come, at once when there are any; empty when none came in time.
    package func notifications(waiting timeout: Duration) throws -> [Notification] {
        let deadline = ContinuousClock.now + timeout
        while true {
            guard PQconsumeInput(pointer) == 1 else { throw lost }
            var received: [Notification] = []
            while let message = PQnotifies(pointer) {
                received.append(
                    Notification(
                        channel: String(cString: message.pointee.relname),
                        payload: String(cString: message.pointee.extra),
                        serverProcessID: message.pointee.be_pid))
                PQfreemem(message)
            }
            guard received.isEmpty, try wait(for: POLLIN, until: deadline) else { return received }
        }
    }
}
