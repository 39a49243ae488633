import KernelTypes

/// What networks are computed with: kernels for one instruction set, and threads. Neither changes a result.
///
/// It is given to whatever computes and never guessed, so that the instruction set that was asked for is used everywhere.
package struct Engine: Sendable {
    let kernels: KernelSet
    /// With the calling one.
    package let threads: Int

    /// Threads where none are asked for: one per physical core.
    package static var defaultThreadCount: Int { PhysicalCores.count }

    /// - Parameters:
    ///   - kernels: Those that the processor can run.
    ///   - threads: `nil` for one per physical core.
    package init(kernels: KernelSet, threads: Int? = nil) {
        self.kernels = kernels
        self.threads = threads ?? Self.defaultThreadCount
    }

    /// The instructions that the kernels use: `baseline`, `v3` or `v4`.
    package var instructionSet: String { kernels.level.rawValue }

    func makeTeam() -> ThreadTeam { ThreadTeam(threadCount: threads) }
}
