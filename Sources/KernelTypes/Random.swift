/// Random factors for dropout: 0 with probability `rate`, else 1 / (1 − rate). Which element gets which depends on the
/// counter alone.
package struct DropoutFactors: Operation {
    package static let name = "dropout, random numbers"

    package var rate: Double
    /// Of `Philox.block`; its first word counts on from here, one for every four factors.
    package var counter: SIMD4<UInt32>
    package var key: SIMD2<UInt32>
    package var factors: UnsafeMutablePointer<Float>
    /// Floats, a multiple of 16.
    package var count: Int

    package init(
        rate: Double, counter: SIMD4<UInt32>, key: SIMD2<UInt32>, factors: UnsafeMutablePointer<Float>, count: Int
    ) {
        self.rate = rate
        self.counter = counter
        self.key = key
        self.factors = factors
        self.count = count
    }

    @inlinable package var unitCount: Int { (count + elementsPerUnit - 1) / elementsPerUnit }
}

/// A matrix of random numbers, uniform in ±bound: row by row one number after the other, whatever the layout.
package struct UniformFill: Operation {
    package static let name = "initialisation"

    package var bound: Float
    /// Of `Philox.block`; its first word counts on from here, one for every four numbers.
    package var counter: SIMD4<UInt32>
    package var key: SIMD2<UInt32>
    package var rows: Int
    package var columns: Int
    package var values: UnsafeMutablePointer<Float>
    /// Floats from a row to the next.
    package var rowStride: Int
    /// Floats from a column to the next.
    package var columnStride: Int

    package init(
        bound: Float, counter: SIMD4<UInt32>, key: SIMD2<UInt32>, rows: Int, columns: Int,
        values: UnsafeMutablePointer<Float>, rowStride: Int, columnStride: Int
    ) {
        self.bound = bound
        self.counter = counter
        self.key = key
        self.rows = rows
        self.columns = columns
        self.values = values
        self.rowStride = rowStride
        self.columnStride = columnStride
    }

    /// A unit is a row.
    @inlinable package var unitCount: Int { rows }
}
