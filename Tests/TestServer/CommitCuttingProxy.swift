import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Stands between one client and a server on Unix sockets, and cuts the connection between COMMIT and its answer: the
/// server gets the COMMIT, the client never learns what became of it.
public enum CommitCuttingProxy {
    /// - Parameter database: The connection string of the server behind.
    /// - Returns: A connection string through the proxy, good for one connection.
    public static func start(before database: String) throws -> String {
        let directory = try TemporaryDirectory.make()
        TemporaryDirectory.removeAfterThisProcess(directory)
        let host = String(database.split(separator: "'")[1])
        let listener = try unixSocket(directory.appending(".s.PGSQL.5432").string) { descriptor, address, size in
            bind(descriptor, address, size) == 0 && listen(descriptor, 1) == 0
        }
        let server = try unixSocket("\(host)/.s.PGSQL.5432") { connect($0, $1, $2) == 0 }
        BackgroundThread.start {
            let client = accept(listener, nil, nil)
            relay(client, server)
            for descriptor in [client, server, listener] { close(descriptor) }
        }
        return database.replacing(host, with: directory.string)
    }

    private static func relay(_ client: Int32, _ server: Int32) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var descriptors = [
            pollfd(fd: client, events: Int16(POLLIN), revents: 0),
            pollfd(fd: server, events: Int16(POLLIN), revents: 0),
        ]
        var isCommitting = false
        while poll(&descriptors, 2, -1) > 0 {
            for (from, to) in [(0, server), (1, client)] where descriptors[from].revents != 0 {
                let count = read(descriptors[from].fd, &buffer, buffer.count)
                guard count > 0 else { return }
                if from == 1, isCommitting { return }
                if from == 0, buffer[..<count].starts(with: [UInt8(ascii: "Q")]) {
                    isCommitting = String(decoding: buffer[5..<count], as: UTF8.self).hasPrefix("commit")
                }
                guard write(to, buffer, count) == count else { return }
            }
        }
    }

    private static func unixSocket(
        _ path: String, _ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool
    ) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let isUsable = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                use(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard isUsable else { throw Errno(rawValue: errno) }
        return descriptor
    }
}
