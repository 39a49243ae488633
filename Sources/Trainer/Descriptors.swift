#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The files and connections that this process may have open.
package enum Descriptors {
    /// How many, in all.
    package static var limit: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < UInt64(Int.max)
        else { return .max }
        return Int(limit.rlim_cur)
    }

    /// Those of a daemon with so many workers, without clients that ask for metrics: two connections a worker, those of
    /// schedules and metrics, and what the program and what it starts open, the embedded server first of all.
    package static func needed(workers: Int) -> Int { 64 + 2 * workers }
}

/// The system allows fewer open files than the program needs.
package struct FewDescriptors: Error, Sendable, CustomStringConvertible {
    let limit: Int
    let needed: Int
    package let workers: Int

    /// - Parameter workers: Of a daemon; 0 for any other command.
    /// - Throws: Itself.
    package static func check(workers: Int) throws(FewDescriptors) {
        let (limit, needed) = (Descriptors.limit, Descriptors.needed(workers: workers))
        guard limit >= needed else { throw FewDescriptors(limit: limit, needed: needed, workers: workers) }
    }

    package var description: String {
        "This process may open \(limit) files, and needs \(needed). Raise the limit (ulimit -n, or LimitNOFILE of the "
            + "unit)."
    }
}
