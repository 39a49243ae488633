/// The kernels as compiled for one instruction set.
package struct KernelSet: Sendable {
    /// Which of the processor's instructions they use.
    package enum Level: String, Sendable, CaseIterable, Comparable {
        case baseline, v3, v4

        package static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
    }

    package let level: Level
    /// Computes one unit of an operation.
    package let run: @Sendable (_ operation: KernelOperation, _ unit: Int) -> Void

    package init(level: Level, run: @escaping @Sendable (_ operation: KernelOperation, _ unit: Int) -> Void) {
        self.level = level
        self.run = run
    }
}
