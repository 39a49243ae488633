import KernelTypes

// What no network is computed with, but tests and benchmarks look at.

/// Floating-point operations of a repetition of `loopAtPeak`: ten sums of a vector each, a product and an addition a lane.
package var operationsPerRepetition: Int { 10 * lanes * 2 }

/// Fused multiply-adds between registers and nothing else, in sums that do not wait for each other: what a processor can
/// do at most.
///
/// - Returns: Their total, so that nothing is optimised away.
package func loopAtPeak(repetitions: Int) -> Float {
    var tile = Tile<5, 2>()
    let (a, b) = (Lanes(repeating: 0.999), Lanes(repeating: 0.001))
    for _ in 0..<repetitions {
        for row in 0..<5 {
            for column in 0..<2 { tile.sums[row][column] = a.fused(tile.sums[row][column], b) }
        }
    }
    var total = Lanes()
    for row in 0..<5 {
        for column in 0..<2 { total += tile.sums[row][column] }
    }
    return total.total
}

/// e to the power of each of so many floats, a multiple of 16, in place.
package func exponential(_ values: UnsafeMutablePointer<Float>, count: Int) {
    for start in stride(from: 0, to: count, by: lanes) { store(exponential(load(values + start)), values + start) }
}

/// The natural logarithm of each of so many floats, a multiple of 16, in place.
package func logarithm(_ values: UnsafeMutablePointer<Float>, count: Int) {
    for start in stride(from: 0, to: count, by: lanes) { store(logarithm(load(values + start)), values + start) }
}
