import FoundationEssentials

/// The physical cores that this process may run on.
enum PhysicalCores {
    /// At least 1. Two hardware threads of one core count once: they share its multipliers.
    static let count: Int = {
        let cores = Set(
            allowedProcessors().map { processor in
                let siblings = "/sys/devices/system/cpu/cpu\(processor)/topology/thread_siblings_list"
                return (try? String(contentsOfFile: siblings, encoding: .utf8)) ?? "\(processor)"
            })
        return max(1, cores.count)
    }()

    /// Numbers of the processors that the kernel may put this process on.
    private static func allowedProcessors() -> [Int] {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let prefix = "Cpus_allowed_list:"
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(prefix) }) else { return [] }
        // Such as “0-3,8”.
        return line.dropFirst(prefix.count).split(separator: ",").flatMap { part -> [Int] in
            let ends = part.split(separator: "-").compactMap { Int($0.filter(\.isNumber)) }
            guard let first = ends.first, let last = ends.last, first <= last else { return [] }
            return Array(first...last)
        }
    }
}
