import KernelTypes

/// One unit of a transposition: 16 rows of the source become 16 columns of the target.
func transpose(_ operation: Transposition, unit: Int) {
    let row = unit * lanes
    let rows = min(lanes, operation.sourceRows - row)
    for column in stride(from: 0, to: operation.sourceColumns, by: lanes) {
        var block = InlineArray<16, Lanes>(repeating: Lanes())
        for index in 0..<rows {
            block[index] = load(operation.source + (row + index) * operation.sourceStride + column)
        }
        transpose(&block)
        for index in 0..<min(lanes, operation.sourceColumns - column) {
            let position = (column + index) * operation.targetStride + row
            var vector = block[index]
            if let mask = operation.mask { vector = vector.masked(by: load(mask + position)) }
            store(vector, operation.target + position)
        }
    }
}

/// Transposes 16 × 16 values: four times, the rows of the lower half are interleaved with those of the upper.
@inline(__always)
private func transpose(_ block: inout InlineArray<16, Lanes>) {
    for _ in 0..<4 {
        var next = InlineArray<16, Lanes>(repeating: Lanes())
        for index in 0..<8 {
            let (low, high) = (block[index], block[index + 8])
            next[2 * index] = interleaved(low.lowHalf, high.lowHalf)
            next[2 * index + 1] = interleaved(low.highHalf, high.highHalf)
        }
        block = next
    }
}

@inline(__always)
private func interleaved(_ even: SIMD8<Float>, _ odd: SIMD8<Float>) -> Lanes {
    var both = Lanes()
    both.evenHalf = even
    both.oddHalf = odd
    return both
}

/// One unit of a gathering: 16 images.
func gather(_ operation: Gather, unit: Int) {
    let first = unit * lanes
    let count = min(lanes, operation.count - first)
    let size = operation.pixelsPerImage
    for pixel in stride(from: 0, to: size, by: lanes) {
        let pixels = min(lanes, size - pixel)
        let (scale, offset) = (load(operation.scales + pixel), load(operation.offsets + pixel))
        var block = InlineArray<16, Lanes>(repeating: Lanes())
        for index in 0..<count {
            let source = operation.pixels + Int(operation.indices[first + index]) * size + pixel
            block[index] = offset.fused(Lanes(intensities(source, count: pixels)), scale)
        }
        if operation.isBatchInnermost {
            transpose(&block)
            for index in 0..<pixels {
                store(block[index], operation.output + (pixel + index) * operation.outputStride + first)
            }
        } else {
            for index in 0..<count {
                store(block[index], operation.output + (first + index) * operation.outputStride + pixel)
            }
        }
    }
}

@inline(__always)
private func intensities(_ source: UnsafePointer<UInt8>, count: Int) -> SIMD16<UInt8> {
    guard count < lanes else { return UnsafeRawPointer(source).loadUnaligned(as: SIMD16<UInt8>.self) }
    var values = SIMD16<UInt8>()
    for index in 0..<count { values[index] = source[index] }
    return values
}
