/// Random factors for dropout: 0 with probability `rate`, else 1 / (1 − rate). Which element gets which depends on the
/// counter alone.
@frozen public struct DropoutFactors: Operation {
    public static let name = "dropout, random numbers"

    public var rate: Double
    /// Of `Philox.block`; its first word counts on from here, one for every four factors.
    public var counter: SIMD4<UInt32>
    public var key: SIMD2<UInt32>
    public var factors: UnsafeMutablePointer<Float>
    /// Floats, a multiple of 16.
    public var count: Int

    public init(
        rate: Double, counter: SIMD4<UInt32>, key: SIMD2<UInt32>, factors: UnsafeMutablePointer<Float>, count: Int
    ) {
        self.rate = rate
        self.counter = counter
        self.key = key
        self.factors = factors
        self.count = count
    }

    @inlinable public var unitCount: Int { (count + elementsPerUnit - 1) / elementsPerUnit }
}

/// A matrix of random numbers, uniform in ±bound: row by row one number after the other, whatever the layout.
@frozen public struct UniformFill: Operation {
    public static let name = "initialisation"

    public var bound: Float
    /// Of `Philox.block`; its first word counts on from here, one for every four numbers.
    public var counter: SIMD4<UInt32>
    public var key: SIMD2<UInt32>
    public var rows: Int
    public var columns: Int
    public var values: UnsafeMutablePointer<Float>
    /// Floats from a row to the next.
    public var rowStride: Int
    /// Floats from a column to the next.
    public var columnStride: Int

    public init(
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
    @inlinable public var unitCount: Int { rows }
}
