import FoundationEssentials
import NeuralNetwork
import Store

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The memory that this process may use.
public enum Memory {
    /// Bytes that this process can have at most, however busy the machine is now: the machine's, those of its control
    /// group, or the limit of its address space, whichever is less.
    public static var total: Int {
        [meminfo("MemTotal"), controlGroupLimit, addressSpace].compactMap { $0 }.min() ?? .max
    }

    /// Bytes that this process can have now, besides those that it has.
    public static var available: Int {
        let group = controlGroupLimit.map { max(0, $0 - (controlGroupUsage ?? 0)) }
        let addresses = addressSpace.map { max(0, $0 - addressesInUse) }
        return [meminfo("MemAvailable"), group, addresses].compactMap { $0 }.min() ?? .max
    }

    private static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

    private static func number(_ path: String) -> Int? {
        text(path).flatMap { Int($0.filter { $0.isASCII && $0.isNumber }) }
    }

    /// A line of `/proc/meminfo`, which counts in kibibytes.
    private static func meminfo(_ name: String) -> Int? {
        let line = text("/proc/meminfo")?.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return line.flatMap { Int($0.filter { $0.isASCII && $0.isNumber }) }.map { $0 * 1024 }
    }

    private static var addressSpace: Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur < UInt64(Int.max) else {
            return nil
        }
        return Int(limit.rlim_cur)
    }

    /// The first number of `statm` counts pages of addresses.
    private static var addressesInUse: Int {
        let pages = text("/proc/self/statm")?.split(separator: " ").first.flatMap { Int($0) } ?? 0
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// The folders of this process's control group and of those around it, of version 2 and 1, where they are mounted as
    /// usual.
    private static var controlGroups: [String] {
        (text("/proc/self/cgroup") ?? "").split(separator: "\n").flatMap { line -> [String] in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[1].isEmpty || parts[1].split(separator: ",").contains("memory") else {
                return []
            }
            let root = parts[1].isEmpty ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"
            let names = parts[2].split(separator: "/")
            // A container may see its own group as the root.
            return (0...names.count).reversed().map {
                ([root] + names.prefix($0).map(String.init)).joined(separator: "/")
            }
        }
    }

    private static var controlGroupLimit: Int? {
        // Version 1 says a number near 2⁶³ where there is no limit, version 2 the word “max”.
        controlGroups.compactMap { number("\($0)/memory.max") ?? number("\($0)/memory.limit_in_bytes") }
            .filter { $0 > 0 }.min()
    }

    private static var controlGroupUsage: Int? {
        controlGroups.lazy.compactMap { folder in
            guard let used = number("\(folder)/memory.current") ?? number("\(folder)/memory.usage_in_bytes") else {
                return nil
            }
            // Files that are cached give way.
            let cached = text("\(folder)/memory.stat")?.split(separator: "\n")
                .first { $0.hasPrefix("inactive_file ") || $0.hasPrefix("total_inactive_file ") }
            return used - (cached.flatMap { Int($0.filter { $0.isASCII && $0.isNumber }) } ?? 0)
        }.first
    }
}

/// A training that asks for more memory than there is.
public struct NotEnoughMemory: Error, Sendable, CustomStringConvertible {
    public let model: String
    public let batchSize: Int
    /// Bytes.
    public let needed: Int
    /// Bytes.
    public let available: Int
    /// The largest power of two that fits; `nil` when not even one sample does.
    public let fittingBatchSize: Int?

    public var description: String {
        "“\(model)” with batches of \(batchSize) needs about \(Self.gigabytes(needed)) GB of memory, and "
            + "\(Self.gigabytes(available)) GB are available. "
            + (fittingBatchSize.map { "Take --batch-size \($0), which fits." }
                ?? "It does not fit with batches of 1 either: take a machine with more memory, or a smaller network.")
    }

    private static func gigabytes(_ bytes: Int) -> String {
        let tenths = bytes / 100_000_000
        return "\(tenths / 10).\(tenths % 10)"
    }
}

extension RunConfiguration {
    /// Compares what a training is going to need with what there is, before anything is allocated.
    ///
    /// - Parameters:
    ///   - samples: Counts and shape of the data set's images.
    ///   - isLoaded: Whether the images are in memory already.
    ///   - available: Bytes.
    /// - Throws: `NotEnoughMemory`.
    public func checkMemory(on samples: SampleCounts, isLoaded: Bool = false, available: Int) throws {
        func needed(batchSize: Int) -> Int {
            var training = training
            training.batchSize = batchSize
            let memory = architecture.trainingMemory(training, samples: samples)
            return isLoaded ? memory.total - memory.samples - MemoryEstimate.program : memory.total
        }
        let all = needed(batchSize: training.batchSize)
        guard all > available else { return }
        let smaller = (0..<16).reversed().map { 1 << $0 }.first {
            $0 < training.batchSize && needed(batchSize: $0) <= available
        }
        throw NotEnoughMemory(
            model: architecture.name, batchSize: training.batchSize, needed: all, available: available,
            fittingBatchSize: smaller)
    }
}

extension StoredDataset {
    /// How many images of what shape it has.
    public var sampleCounts: SampleCounts {
        SampleCounts(
            training: trainingSamples, test: testSamples,
            shape: ImageShape(
                channels: description.channels, height: description.height, width: description.width))
    }
}
