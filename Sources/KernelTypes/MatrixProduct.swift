/// product[row, column] = Σ over depth of left[row, depth] · right[depth, column], with rows in whole or part and
/// columns in whole vectors. Dense layers forward, backward and their weights' gradients all have this form.
package struct MatrixProduct: Operation {
    package static let name = "matrix product"

    /// What becomes of a sum.
    package enum Use {
        /// Stored with the column's bias added, negative sums as zero if `rectifies`.
        case output(UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>, rectifies: Bool)
        /// Stored; zero where the mask, laid out as the product, is not positive.
        case gradient(UnsafeMutablePointer<Float>, mask: UnsafePointer<Float>?)
        /// A parameter's gradient.
        case update(ParameterUpdate)
    }

    package var rows: Int
    package var depth: Int
    /// A multiple of 16.
    package var columns: Int
    package var left: UnsafePointer<Float>
    /// Floats from a row to the next.
    package var leftRowStride: Int
    /// Floats from a depth to the next.
    package var leftDepthStride: Int
    /// depth × columns.
    package var right: UnsafePointer<Float>
    /// Rows of the product are `columns` floats apart.
    package var use: Use
    package var rowsPerUnit: Int

    package init(
        rows: Int, depth: Int, columns: Int, left: UnsafePointer<Float>, leftRowStride: Int, leftDepthStride: Int,
        right: UnsafePointer<Float>, use: Use, rowsPerUnit: Int
    ) {
        self.rows = rows
        self.depth = depth
        self.columns = columns
        self.left = left
        self.leftRowStride = leftRowStride
        self.leftDepthStride = leftDepthStride
        self.right = right
        self.use = use
        self.rowsPerUnit = rowsPerUnit
    }

    @inlinable package var unitCount: Int { (rows + rowsPerUnit - 1) / rowsPerUnit }
}

/// A parameter's gradient by its sum over the rows of a sample-major gradient: a dense layer's bias.
package struct ColumnSums: Operation {
    package static let name = "bias gradient"

    package var rows: Int
    /// A multiple of 16.
    package var columns: Int
    package var values: UnsafePointer<Float>
    package var update: ParameterUpdate

    package init(rows: Int, columns: Int, values: UnsafePointer<Float>, update: ParameterUpdate) {
        self.rows = rows
        self.columns = columns
        self.values = values
        self.update = update
    }

    @inlinable package var unitCount: Int { 1 }
}
