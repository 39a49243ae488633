/// The kernels as compiled for one instruction set.
public struct KernelSet: Sendable {
    /// Which of the processor's instructions they use.
    public enum Level: String, Sendable, CaseIterable, Comparable {
        case baseline, v3, v4

        public static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
    }

    public let level: Level
    /// Computes one unit of an operation.
    public let run: @Sendable (_ operation: KernelOperation, _ unit: Int) -> Void

    public init(level: Level, run: @escaping @Sendable (_ operation: KernelOperation, _ unit: Int) -> Void) {
        self.level = level
        self.run = run
    }
}
