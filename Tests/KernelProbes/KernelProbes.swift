import KernelTypes
import KernelsBaseline

#if arch(x86_64)
import KernelsV3
import KernelsV4
#endif

/// What the kernel modules show beside the kernels, for tests and benchmarks.
package struct KernelProbes: Sendable {
    /// Of floats in place, a multiple of 16.
    package typealias Function = @Sendable (UnsafeMutablePointer<Float>, _ count: Int) -> Void

    package let exponential: Function
    package let logarithm: Function
    /// Fused multiply-adds between registers and nothing else.
    package let loopAtPeak: @Sendable (_ repetitions: Int) -> Float

    /// Floating-point operations of a repetition of `loopAtPeak`.
    package static var operationsPerRepetition: Int { KernelsBaseline.operationsPerRepetition }

    /// - Parameter level: One that the processor can run.
    package static func at(_ level: KernelSet.Level) -> KernelProbes {
        #if arch(x86_64)
        switch level {
        case .v4:
            return KernelProbes(
                exponential: KernelsV4.exponential, logarithm: KernelsV4.logarithm, loopAtPeak: KernelsV4.loopAtPeak)
        case .v3:
            return KernelProbes(
                exponential: KernelsV3.exponential, logarithm: KernelsV3.logarithm, loopAtPeak: KernelsV3.loopAtPeak)
        case .baseline: break
        }
        #endif
        return KernelProbes(
            exponential: KernelsBaseline.exponential, logarithm: KernelsBaseline.logarithm,
            loopAtPeak: KernelsBaseline.loopAtPeak)
    }
}
