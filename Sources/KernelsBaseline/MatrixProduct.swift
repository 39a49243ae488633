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
        for index in 0..<rows {
            for vector in 0..<columns {
                let position = (row + index) * operation.columns + column + vector * lanes
                let sum = tile.sums[index][vector]
                switch operation.use {
                case .output(let output, let bias, let rectifies):
                    let biased = sum + load(bias + column + vector * lanes)
                    store(rectifies ? biased.rectified : biased, output + position)
                case .gradient(let gradient, let mask):
                    store(mask.map { sum.masked(by: load($0 + position)) } ?? sum, gradient + position)
                case .update(let update):
                    update.apply(sum, at: position)
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
