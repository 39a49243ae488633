import Foundation
import KernelProbes
import KernelTypes
import Kernels
import Testing

@Suite("exp and log in single precision, against the C library's in double")
struct ElementaryFunctionTests {
    /// Every float from `low` to `high` whose bits are a multiple of a prime, so that all exponents and endings occur.
    private func samples(_ low: Float, _ high: Float) -> [Float] {
        var values: [Float] = []
        for bits in stride(from: UInt32(0), to: UInt32.max, by: 1009) {
            let value = Float(bitPattern: bits)
            if value >= low && value <= high { values.append(value) }
        }
        return values
    }

    private func apply(_ function: KernelProbes.Function, to values: [Float]) -> [Float] {
        var padded = values + [Float](repeating: 1, count: paddedToLanes(values.count) - values.count)
        padded.withUnsafeMutableBufferPointer { buffer in
            if let start = buffer.baseAddress { function(start, buffer.count) }
        }
        return Array(padded.prefix(values.count))
    }

    /// The largest error in units in the last place of the right result.
    private func largestError(_ results: [Float], _ inputs: [Float], _ function: (Double) -> Double) -> Double {
        zip(results, inputs).reduce(0.0) { worst, pair in
            let right = function(Double(pair.1))
            let unit = max(Double(Float(right).ulp), Double(Float.leastNonzeroMagnitude))
            return max(worst, abs(Double(pair.0) - right) / unit)
        }
    }

    @Test("exp is within 1 unit in the last place", arguments: KernelSet.Level.available)
    func exponential(level: KernelSet.Level) {
        #expect(KernelSet.fastest(upTo: level).level == level)
        let kernels = KernelProbes.at(level)
        let normal = samples(-87.3, 88.7)
        #expect(largestError(apply(kernels.exponential, to: normal), normal, exp) <= 1)
        let subnormal = samples(-103.9, -87.3)
        #expect(largestError(apply(kernels.exponential, to: subnormal), subnormal, exp) <= 2)
        let special = apply(kernels.exponential, to: [0, -.infinity, .infinity, 89, -104, -1e30, .nan])
        #expect(Array(special.dropLast()) == [1, 0, .infinity, .infinity, 0, 0])
        #expect(special[6].isNaN)
    }

    @Test("log is within 2 units in the last place", arguments: KernelSet.Level.available)
    func logarithm(level: KernelSet.Level) {
        let kernels = KernelProbes.at(level)
        let values = samples(.leastNonzeroMagnitude, .greatestFiniteMagnitude)
        #expect(largestError(apply(kernels.logarithm, to: values), values, log) <= 2)
        let special = apply(kernels.logarithm, to: [1, 0, .infinity, -1, .nan])
        #expect(Array(special.prefix(3)) == [0, -.infinity, .infinity])
        #expect(special[3].isNaN && special[4].isNaN)
    }
}
