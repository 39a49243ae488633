import Dispatch
import KernelTypes

/// The most that this processor can do: fused multiply-adds between registers, on all threads at once.
struct Peak: Comparable {
    /// Floating-point operations a second, of one thread while all run.
    let perThread: Double
    let threads: Int

    var total: Double { perThread * Double(threads) }

    static func < (a: Peak, b: Peak) -> Bool { a.total < b.total }

    /// The best of some measurements of about 50 ms each.
    static func measure(_ kernels: KernelSet, threads: Int) -> Peak {
        let results = UnsafeMutablePointer<Float>.allocate(capacity: threads)
        defer { results.deallocate() }
        let loop = PeakLoop(repetitions: 15_000_000, results: results, unitCount: threads)
        let clock = ContinuousClock()
        let seconds = (0..<6).map { _ in
            clock.measure {
                let kernel = kernels.loopAtPeak
                let task = SendableLoop(loop: loop)
                DispatchQueue.concurrentPerform(iterations: threads) { kernel(task.loop, $0) }
            } / .seconds(1)
        }
        let operations = Double(loop.repetitions * PeakLoop.operationsPerRepetition)
        return Peak(perThread: operations / (seconds.min() ?? .infinity), threads: threads)
    }
}

/// `@unchecked`: each thread writes only to its own result.
private struct SendableLoop: @unchecked Sendable {
    let loop: PeakLoop
}
