import KernelTypes
import Kernels
import NeuralNetwork

extension Engine {
    /// With the kernels that `REGISTRY_CPU` asks for, else the fastest that this processor can run.
    ///
    /// - Parameter threads: `nil` for one per physical core.
    /// - Throws: `UnknownInstructionSet` when the processor can't run what is asked for, or there is none of that name.
    static func chosen(by environment: [String: String], threads: Int? = nil) throws -> Engine {
        guard let name = environment["REGISTRY_CPU"], !name.isEmpty else {
            return Engine(kernels: .fastest(), threads: threads)
        }
        guard let level = KernelSet.Level(rawValue: name), KernelSet.Level.available.contains(level) else {
            throw UnknownInstructionSet(name: name, available: instructionSets)
        }
        return Engine(kernels: .fastest(upTo: level), threads: threads)
    }

    /// The instruction sets that this processor can run, the lowest first.
    static var instructionSets: [String] { KernelSet.Level.available.map(\.rawValue) }
}

/// REGISTRY_CPU names instructions that this processor has not.
struct UnknownInstructionSet: Failure {
    let name: String
    let available: [String]

    var exitStatus: ExitStatus { .usage }
    var description: String {
        "REGISTRY_CPU is “\(name)”; this processor can run \(available.joined(separator: ", "))."
    }
}
