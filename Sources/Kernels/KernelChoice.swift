import CPUFeatures
import KernelTypes
import KernelsBaseline

#if arch(x86_64)
import KernelsV3
import KernelsV4
#endif

extension KernelSet.Level {
    /// The levels that this processor can run, the lowest first.
    package static let available: [KernelSet.Level] = allCases.filter { level in
        switch level {
        case .baseline: true
        case .v3: cpu_has_x86_64_v3()
        case .v4: cpu_has_x86_64_v4()
        }
    }
}

extension KernelSet {
    /// The fastest kernels that this processor can run, but none above a level.
    package static func fastest(upTo limit: Level = .v4) -> KernelSet {
        #if arch(x86_64)
        switch Level.available.last(where: { $0 <= limit }) {
        case .v4: return KernelSet(level: .v4, run: KernelsV4.run)
        case .v3: return KernelSet(level: .v3, run: KernelsV3.run)
        default: break
        }
        #endif
        return KernelSet(level: .baseline, run: KernelsBaseline.run)
    }
}
