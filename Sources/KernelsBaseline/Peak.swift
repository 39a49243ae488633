import KernelTypes

/// As many fused multiply-adds as asked for, in sums that do not wait for each other.
func loopAtPeak(_ operation: PeakLoop, unit: Int) {
    var tile = Tile<5, 2>()
    let (a, b) = (Lanes(repeating: 0.999), Lanes(repeating: 0.001))
    for _ in 0..<operation.repetitions {
        for row in 0..<5 {
            for column in 0..<2 { tile.sums[row][column] = a.fused(tile.sums[row][column], b) }
        }
    }
    var total = Lanes()
    for row in 0..<5 {
        for column in 0..<2 { total += tile.sums[row][column] }
    }
    operation.results[unit] = total.total
}
