import KernelTypes
import Kernels
import NeuralNetwork

extension Engine {
    /// With the kernels that `REGISTRY_CPU` asks for, else the fastest that this processor can run.
    ///
    /// - Parameter threads: `nil` for one per physical core.
    /// - Throws: `UsageError.badInstructionSet` when the processor can't run what is asked for, or it has no such name.
    static func chosen(by environment: [String: String], threads: Int? = nil) throws -> Engine {
        guard let name = environment["REGISTRY_CPU"], !name.isEmpty else {
            return Engine(kernels: .fastest(), threads: threads)
        }
        guard let level = KernelSet.Level(rawValue: name), KernelSet.Level.available.contains(level) else {
            throw UsageError.badInstructionSet(name, available: instructionSets)
        }
        return Engine(kernels: .fastest(upTo: level), threads: threads)
    }

    /// The instruction sets that this processor can run, the lowest first.
    static var instructionSets: [String] { KernelSet.Level.available.map(\.rawValue) }
}
