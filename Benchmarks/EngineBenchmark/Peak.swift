import Dispatch
import KernelProbes
import KernelTypes

/// The most that this processor can do: fused multiply-adds between registers, on all threads at once.
struct Peak: Comparable {
    /// Floating-point operations a second, of one thread while all run.
    let perThread: Double
    let threads: Int

    var total: Double { perThread * Double(threads) }

    static func < (a: Peak, b: Peak) -> Bool { a.total < b.total }

    /// The best of some measurements of about 50 ms each.
    static func measure(_ level: KernelSet.Level, threads: Int) -> Peak {
        let loop = KernelProbes.at(level).loopAtPeak
        let repetitions = 15_000_000
        let clock = ContinuousClock()
        let seconds = (0..<6).map { _ in
            clock.measure {
                DispatchQueue.concurrentPerform(iterations: threads) { _ in _ = loop(repetitions) }
            } / .seconds(1)
        }
        let operations = Double(repetitions * KernelProbes.operationsPerRepetition)
        return Peak(perThread: operations / (seconds.min() ?? .infinity), threads: threads)
    }
}
