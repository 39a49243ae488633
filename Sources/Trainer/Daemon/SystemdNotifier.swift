import ServiceLifecycle

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Tells systemd that the daemon is ready, and that it stops; does nothing where systemd did not start it.
///
/// - Source: sd_notify(3).
package struct SystemdNotifier: Service {
    private let socketPath: String?

    /// - Parameter environment: With `NOTIFY_SOCKET`, where systemd started the process.
    package init(environment: [String: String]) {
        socketPath = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
    }

    package func run() async throws {
        send("READY=1")
        try? await gracefulShutdown()
        send("STOPPING=1")
    }

    private func send(_ state: String) {
        guard let socketPath else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // A leading @ stands for the abstract namespace's zero byte.
        let path = Array(socketPath.utf8)
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        withUnsafeMutableBytes(of: &address.sun_path) {
            $0.copyBytes(from: path[0] == UInt8(ascii: "@") ? [0] + path[1...] : path)
        }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = sendto(descriptor, state, state.utf8.count, Int32(MSG_NOSIGNAL), pointer, size)
            }
        }
    }
}
