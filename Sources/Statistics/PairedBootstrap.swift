import Dispatch

/// The mean difference of two measurements of the same samples, with an interval by resampling the samples.
///
/// - Source: Efron and Tibshirani, “An introduction to the bootstrap”, 1993, chapter 13: the percentile interval.
public struct PairedBootstrap: Sendable, Hashable {
    /// Mean of b − a.
    public let difference: Double
    /// 2.5 % quantile of the resampled means.
    public let lower: Double
    /// 97.5 % quantile of the resampled means.
    public let upper: Double

    /// - Parameters:
    ///   - a: One number a sample.
    ///   - b: One number a sample, in the same order.
    ///   - resamples: More make the ends steadier; at least 1.
    ///   - seed: The same seed gives the same interval.
    /// - Returns: `nil` when there are no samples, not as many of one as of the other, or a difference is not finite.
    public init?(_ a: [Float], _ b: [Float], resamples: Int = 1000, seed: UInt64 = 1) {
        let differences = zip(a, b).map { Double($1) - Double($0) }
        guard a.count == b.count, !a.isEmpty, resamples > 0, differences.allSatisfy(\.isFinite) else { return nil }
        difference = differences.reduce(0, +) / Double(differences.count)
        var means = Self.resampledMeans(of: differences, resamples: resamples, seed: seed)
        means.sort()
        lower = quantile(0.025, of: means)
        upper = quantile(0.975, of: means)
    }

    /// Resamples that share a generator; how many threads there are changes nothing.
    private static let blockSize = 125

    private static func resampledMeans(of differences: [Double], resamples: Int, seed: UInt64) -> [Double] {
        var seeds = SplitMix64(state: seed)
        let generators = stride(from: 0, to: resamples, by: blockSize).map { _ in SplitMix64(state: seeds.next()) }
        var means = [Double](repeating: 0, count: resamples)
        means.withUnsafeMutableBufferPointer { means in
            // Each block writes to places of its own.
            nonisolated(unsafe) let means = means
            DispatchQueue.concurrentPerform(iterations: generators.count) { block in
                var random = generators[block]
                let start = block * blockSize
                for index in start..<min(start + blockSize, resamples) {
                    means[index] = resampledMean(of: differences, &random)
                }
            }
        }
        return means
    }

    private static func resampledMean(of differences: [Double], _ random: inout SplitMix64) -> Double {
        let count = UInt32(differences.count)
        return differences.withUnsafeBufferPointer { differences in
            // Two of one random number, and two sums that do not wait for each other.
            var (even, odd) = (0.0, 0.0)
            for _ in 0..<count / 2 {
                let (first, second) = random.nextTwo(below: count)
                even += differences[Int(first)]
                odd += differences[Int(second)]
            }
            if count % 2 == 1 { even += differences[Int(random.nextTwo(below: count).0)] }
            return (even + odd) / Double(count)
        }
    }
}

/// The quantile of sorted numbers, linear between neighbours: type 7 of Hyndman and Fan, “Sample quantiles in statistical
/// packages”, 1996, which numpy and R use.
///
/// - Parameter sorted: At least one number.
func quantile(_ share: Double, of sorted: [Double]) -> Double {
    let position = share * Double(sorted.count - 1)
    let below = Int(position)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below])
}

/// Random numbers for resampling.
///
/// - Source: Steele, Lea and Flood, “Fast splittable pseudorandom number generators”, 2014.
struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Two numbers in 0..<bound; the bias of a multiplication without rejection is below bound / 2³².
    mutating func nextTwo(below bound: UInt32) -> (UInt32, UInt32) {
        let bits = next()
        return (
            UInt32(truncatingIfNeeded: ((bits >> 32) &* UInt64(bound)) >> 32),
            UInt32(truncatingIfNeeded: ((bits & 0xFFFF_FFFF) &* UInt64(bound)) >> 32)
        )
    }
}
