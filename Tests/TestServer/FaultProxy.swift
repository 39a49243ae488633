import Foundation
import Synchronization
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Stands between clients on TCP and a server on a Unix socket, and spoils what goes through when it is told to.
package final class FaultProxy: Sendable {
    /// What becomes of a message from a client.
    package enum Fate: Sendable {
        case passed
        /// The connection is closed on both sides, and the server never sees the message.
        case dropped
        /// The server gets the message, the client never learns what became of it.
        case unanswered
        /// The client loses the connection, and the server is not told: from its side the machine is gone.
        case vanished
    }

    /// A message from a client, as far as one read gave it.
    package struct Message: Sendable {
        package let bytes: [UInt8]

        /// A COMMIT of the simple protocol.
        package var isCommit: Bool {
            bytes.first == UInt8(ascii: "Q") && String(decoding: bytes.dropFirst(5), as: UTF8.self).hasPrefix("commit")
        }

        /// Rows of a COPY.
        package var isCopyData: Bool { bytes.first == UInt8(ascii: "d") }
    }

    /// Connects through this proxy.
    package let connectionString: String
    private let serverPath: String
    private let decide: @Sendable (Message) -> Fate
    private let isStalled = Atomic<Bool>(false)

    /// - Parameters:
    ///   - database: The connection string of the server behind.
    ///   - decide: Asked of every message from a client; called on several threads.
    package init(before database: String, decide: @escaping @Sendable (Message) -> Fate = { _ in .passed }) throws {
        let host = String(database.split(separator: "'")[1])
        let (listener, port) = try Self.listen()
        // What is asked before the protocol begins would only be in the way.
        connectionString =
            database.replacing("host='\(host)' port=5432", with: "host=127.0.0.1 port=\(port)")
            + " sslmode=disable gssencmode=disable"
        serverPath = "\(host)/.s.PGSQL.5432"
        self.decide = decide
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                Thread.detachNewThread { [self] in serve(client) }
            }
        }
    }

    /// While true nothing goes through, and no connection is closed: a network that has become a black hole.
    package func stall(_ isStalled: Bool) { self.isStalled.store(isStalled, ordering: .releasing) }

    private func serve(_ client: Int32) {
        defer { Self.hangUp(client) }
        guard let server = try? Self.connect(to: serverPath) else { return }
        var isServerTold = true
        defer { if isServerTold { Self.hangUp(server) } }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var descriptors = [
            pollfd(fd: client, events: Int16(POLLIN), revents: 0),
            pollfd(fd: server, events: Int16(POLLIN), revents: 0),
        ]
        var isUnanswered = false
        while poll(&descriptors, 2, -1) > 0 {
            while isStalled.load(ordering: .acquiring) { usleep(10_000) }
            for (from, to) in [(0, server), (1, client)] where descriptors[from].revents != 0 {
                let count = read(descriptors[from].fd, &buffer, buffer.count)
                guard count > 0, !(from == 1 && isUnanswered) else { return }
                if from == 0 {
                    switch decide(Message(bytes: Array(buffer[..<count]))) {
                    case .passed: break
                    case .dropped: return
                    case .unanswered: isUnanswered = true
                    case .vanished:
                        isServerTold = false
                        return
                    }
                }
                guard Self.forward(buffer[..<count], to: to) else { return }
            }
        }
    }

    /// Ends the connection also where a process that was started meanwhile has inherited the socket, so that closing it
    /// would end nothing.
    private static func hangUp(_ socket: Int32) {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }

    private static func forward(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// - Returns: A socket on the loopback interface that accepts connections, and its port.
    private static func listen() throws -> (socket: Int32, port: UInt16) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && Glibc.listen(listener, 64) == 0
                    && getsockname(listener, $0, &size) == 0
            }
        }
        guard isListening else { throw Errno(rawValue: errno) }
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    private static func connect(to path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isConnected else {
            close(descriptor)
            throw Errno(rawValue: errno)
        }
        return descriptor
    }
}
