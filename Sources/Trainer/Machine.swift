import FoundationEssentials
import Store

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The machine that this process runs on.
package enum Machine {
    /// Its name in the network.
    package static var host: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The processor's model name as the kernel gives it, e.g. `AMD EPYC`; the architecture where it gives none.
    package static var processor: String {
        let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
        if let line = lines.first(where: { $0.hasPrefix("model name") }), let colon = line.firstIndex(of: ":") {
            return line[line.index(after: colon)...].trimmingPrefix { $0 == " " }.description
        }
        #if arch(arm64)
        return "arm64"
        #else
        return "x86_64"
        #endif
    }

    /// Tells this process from earlier ones with the same number, as in containers.
    private static let nonce = String(UInt32.random(in: 0...UInt32.max), radix: 36)

    /// What a run's row says of this process.
    ///
    /// - Parameter worker: Its number, where the process has several workers.
    package static func executor(worker: Int? = nil, threads: Int, programVersion: String) -> RunExecutor {
        RunExecutor(
            worker: "\(host):\(getpid()):\(nonce)\(worker.map { ":\($0)" } ?? "")", host: host,
            processor: processor, threads: threads, programVersion: programVersion)
    }
}
