import KernelTypes
import Kernels

extension KernelSet {
    /// The kernels that `REGISTRY_CPU` asks for, else the fastest that this processor can run.
    ///
    /// - Throws: `UsageError.badInstructionSet` when the processor can't run what is asked for, or it has no such name.
    static func chosen(by environment: [String: String]) throws -> KernelSet {
        guard let name = environment["REGISTRY_CPU"], !name.isEmpty else { return .fastest() }
        guard let level = Level(rawValue: name), Level.available.contains(level) else {
            throw UsageError.badInstructionSet(name, available: Level.available.map(\.rawValue))
        }
        return .fastest(upTo: level)
    }
}
