import KernelTypes

/// One unit of a matrix product: some of its rows, in all columns.
func multiply(_ operation: MatrixProduct, unit: Int) {
    let first = unit * operation.rowsPerUnit
    let count = min(operation.rowsPerUnit, operation.rows - first)
    forEachPiece(of: operation.columns / lanes, limit: TileLimit.columns) { vector, vectors in
        forEachPiece(of: count, limit: TileLimit.rows) { row, rows in
            ProductTile(operation: operation, row: first + row, column: vector * lanes)
                .run(rows: rows, columns: vectors)
        }
    }
}

private struct ProductTile: TileKernel {
    let operation: MatrixProduct
    let row: Int
    let column: Int

    @inline(__always)
    func run<let rows: Int, let columns: Int>(_: Tile<rows, columns>.Type) {
        var tile = Tile<rows, columns>()
        var left = operation.left + row * operation.leftRowStride
        var right = operation.right + column
        for _ in 0..<operation.depth {
            tile.addProducts(left, stride: operation.leftRowStride, right)
            left += operation.leftDepthStride
            right += operation.columns
        }
        let position = row * operation.columns + column
        switch operation.use {
        case .output(let output, let bias, let rectifies):
            for vector in 0..<columns {
                let bias = load(bias + column + vector * lanes)
                for index in 0..<rows { tile.sums[index][vector] += bias }
            }
            if rectifies { tile.rectify() }
            tile.write(to: output + position, stride: operation.columns)
        case .gradient(let gradient, let mask):
            if let mask { tile.mask(by: mask + position, stride: operation.columns) }
            tile.write(to: gradient + position, stride: operation.columns)
        case .update(let update):
            update.apply(tile, at: position, stride: operation.columns)
        }
    }
}

extension ParameterUpdate {
    /// Keeps the gradients, where they are kept, and makes the step of a tile of values whose rows are `stride` floats apart.
    ///
    /// The usual cases have loops of their own, short enough to be unrolled: the tile then stays in registers.
    @inline(__always)
    fileprivate func apply<let rows: Int, let columns: Int>(_ tile: Tile<rows, columns>, at index: Int, stride: Int) {
        if let kept = gradient { tile.write(to: kept + index, stride: stride) }
        guard let step else { return }
        if firstMoment == nil {
            let (rate, decay) = (Lanes(repeating: -step.learningRate), Lanes(repeating: step.weightDecay))
            for row in 0..<rows {
                for column in 0..<columns {
                    let place = values + index + row * stride + column * lanes
                    let weights = load(place)
                    store(weights.fused(rate, tile.sums[row][column].fused(decay, weights)), place)
                }
            }
        } else {
            for row in 0..<rows {
                for column in 0..<columns {
                    makeStep(tile.sums[row][column], at: index + row * stride + column * lanes)
                }
            }
        }
    }
}

/// The sums over the rows, for all columns.
func sumColumns(_ operation: ColumnSums, unit: Int) {
    for column in stride(from: 0, to: operation.columns, by: lanes) {
        var sum = Lanes()
        for row in 0..<operation.rows { sum += load(operation.values + row * operation.columns + column) }
        operation.update.apply(sum, at: column)
    }
}
