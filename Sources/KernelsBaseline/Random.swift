import KernelTypes

/// One unit of dropout's random factors.
func drawDropoutFactors(_ operation: DropoutFactors, unit: Int) {
    let threshold = UInt32(min(operation.rate * 0x1p32, Double(UInt32.max)))
    let kept = Float(1 / (1 - operation.rate))
    forEachVector(of: operation.count, unit: unit) { position in
        for quarter in 0..<4 {
            var counter = operation.counter
            counter.x &+= UInt32(truncatingIfNeeded: position / 4 + quarter)
            let block = Philox.block(counter, key: operation.key)
            for index in 0..<4 {
                operation.factors[position + quarter * 4 + index] = block[index] < threshold ? 0 : kept
            }
        }
    }
}

/// One row of a matrix of random numbers.
///
/// A number is a multiple of 2⁻²⁴ in 0..<1, made from the upper 24 bits of its word, then stretched to ±bound.
func fillUniform(_ operation: UniformFill, unit row: Int) {
    let end = (row + 1) * operation.columns
    var target = operation.values + row * operation.rowStride
    var index = row * operation.columns
    while index < end {
        var counter = operation.counter
        // A matrix may need more blocks than the first word counts.
        let first = UInt64(counter.y) << 32 | UInt64(counter.x)
        let position = first &+ UInt64(index / 4)
        (counter.x, counter.y) = (UInt32(truncatingIfNeeded: position), UInt32(position >> 32))
        let block = Philox.block(counter, key: operation.key)
        for word in index % 4..<min(4, index % 4 + end - index) {
            target.pointee = (Float(block[word] >> 8) * 0x1p-24 * 2 - 1) * operation.bound
            target += operation.columnStride
        }
        index = min(end, (index / 4 + 1) * 4)
    }
}
