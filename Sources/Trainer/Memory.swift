import FoundationEssentials
import NeuralNetwork
import Store
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The memory that this process may use.
package enum Memory {
    /// Bytes that this process can have at most, however busy the machine is now: the machine's, those of its control
    /// group, or the limit of its address space, whichever is less.
    package static var total: Int {
        [meminfo("MemTotal"), controlGroupLimit, addressSpace].compactMap { $0 }.min() ?? .max
    }

    /// Bytes that this process can have now, besides those that it has.
    package static var available: Int {
        let group = controlGroupLimit.map { max(0, $0 - (controlGroupUsage ?? 0)) }
        let addresses = addressSpace.map { max(0, $0 - addressesInUse) }
        return [meminfo("MemAvailable"), group, addresses].compactMap { $0 }.min() ?? .max
    }

    /// Bytes that this process can have now, with those that it has.
    ///
    /// - Parameter addresses: Bytes of addresses that the program itself takes, more than it has memory.
    static func attainable(addresses: Int) -> Int {
        let resident = pages(at: 1)
        let machine = meminfo("MemAvailable").map { $0 + resident }
        let group = controlGroupLimit.map { max(0, $0 - (controlGroupUsage ?? 0)) + resident }
        return [machine, group, addressSpace.map { max(0, $0 - addresses) }].compactMap { $0 }.min() ?? .max
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

    static var addressesInUse: Int { pages(at: 0) }

    /// A number of `statm`, in bytes: the first counts pages of addresses, the second those that are in memory.
    private static func pages(at index: Int) -> Int {
        let numbers = text("/proc/self/statm")?.split(separator: " ").map { Int($0) ?? 0 } ?? []
        return index < numbers.count ? numbers[index] * sysconf(Int32(_SC_PAGESIZE)) : 0
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

/// A training or a test that asks for more memory than there is.
package struct NotEnoughMemory: Error, Sendable, CustomStringConvertible {
    package let model: String
    /// `nil` for a test.
    package let batchSize: Int?
    /// Bytes.
    package let needed: Int
    /// Bytes.
    package let available: Int
    /// The largest power of two that fits; `nil` when not even one sample does.
    package let fittingBatchSize: Int?

    package var description: String {
        let purpose = batchSize.map { " with batches of \($0)" } ?? ", to be tested,"
        let hope =
            switch (batchSize, fittingBatchSize) {
            case (nil, _): " Take a machine with more memory."
            case (_, nil):
                " It does not fit with batches of 1 either: take a machine with more memory, or a smaller network."
            default: ""
            }
        return "“\(model)”\(purpose) needs about \(Self.gigabytes(needed)) GB of memory, and "
            + "\(Self.gigabytes(available)) GB are available.\(hope)"
    }

    private static func gigabytes(_ bytes: Int) -> String {
        let hundredths = bytes / 10_000_000
        return "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10)"
    }

    /// Whether this machine can't have so much at any time.
    var isLasting: Bool { needed > Memory.total }
}

/// The memory that the trainings of a process share: those that begin together must not count on the same bytes.
package final class SharedMemory: Sendable {
    private let promised = Mutex(0)
    /// Libraries, stacks and what else had addresses before the first training.
    private let addresses = Memory.addressesInUse

    package init() {}

    /// Promises a training the memory that it needs.
    ///
    /// - Returns: `false` when it would fit without the others of this process.
    /// - Throws: `NotEnoughMemory`.
    func take(_ bytes: Int, for configuration: RunConfiguration, on samples: SampleCounts) throws -> Bool {
        try promised.withLock { promised in
            let attainable = Memory.attainable(addresses: addresses)
            guard bytes > min(attainable - promised, Memory.available) else {
                promised += bytes
                return true
            }
            if promised == 0 {
                try configuration.checkMemory(on: samples, available: min(attainable, Memory.available))
            }
            return false
        }
    }

    /// Takes a promise back.
    func giveBack(_ bytes: Int) { promised.withLock { $0 -= bytes } }
}

extension RunConfiguration {
    /// Bytes that a training is going to need, its data set's among them.
    func memory(on samples: SampleCounts) -> Int { architecture.trainingMemory(training, samples: samples).total }

    /// Compares what a training is going to need with what there is, before anything is allocated or loaded.
    ///
    /// - Parameters:
    ///   - samples: Counts and shape of the data set's images.
    ///   - available: Bytes.
    /// - Throws: `NotEnoughMemory`.
    package func checkMemory(on samples: SampleCounts, available: Int) throws {
        let needed = memory(on: samples)
        guard needed > available else { return }
        let smaller = (0..<16).reversed().map { 1 << $0 }.first {
            var other = self
            other.training.batchSize = $0
            return $0 < training.batchSize && other.memory(on: samples) <= available
        }
        throw NotEnoughMemory(
            model: architecture.name, batchSize: training.batchSize, needed: needed, available: available,
            fittingBatchSize: smaller)
    }

    /// The same for a test on other images of this shape and number.
    func checkTestMemory(on samples: SampleCounts, available: Int) throws {
        let needed = architecture.evaluationMemory(batchSize: training.batchSize, samples: samples).total
        guard needed > available else { return }
        throw NotEnoughMemory(
            model: architecture.name, batchSize: nil, needed: needed, available: available, fittingBatchSize: nil)
    }
}

extension StoredDataset {
    /// How many images of what shape it has.
    package var sampleCounts: SampleCounts {
        SampleCounts(
            training: trainingSamples, test: testSamples + validationSamples, shape: description.shape)
    }
}
