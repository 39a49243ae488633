import KernelTypes

/// One vector register, or as many as 16 lanes take.
typealias Lanes = SIMD16<Float>

/// A block of sums that stays in registers while a kernel runs over its depth.
struct Tile<let rows: Int, let columns: Int> {
    var sums: InlineArray<rows, InlineArray<columns, Lanes>>

    @inline(__always)
    init() {
        sums = InlineArray(repeating: InlineArray(repeating: Lanes()))
    }

    /// sums[row][column] += scalars[row] · vectors[column], with one rounding.
    ///
    /// - Parameters:
    ///   - scalars: One per row, `stride` floats apart.
    ///   - vectors: `columns` vectors, one after the other.
    @inline(__always)
    mutating func addProducts(_ scalars: UnsafePointer<Float>, stride: Int, _ vectors: UnsafePointer<Float>) {
        var right = InlineArray<columns, Lanes>(repeating: Lanes())
        for column in 0..<columns { right[column] = load(vectors + column * lanes) }
        for row in 0..<rows {
            let left = Lanes(repeating: scalars[row * stride])
            for column in 0..<columns { sums[row][column] = sums[row][column].fused(left, right[column]) }
        }
    }

    /// sums[row][column] += left[row] · right[column] lane by lane, with one rounding.
    ///
    /// - Parameters:
    ///   - left: One vector a row, `leftStride` floats apart.
    ///   - right: One vector a column, `rightStride` floats apart.
    @inline(__always)
    mutating func addProducts(
        _ left: UnsafePointer<Float>, leftStride: Int, _ right: UnsafePointer<Float>, rightStride: Int
    ) {
        var vectors = InlineArray<columns, Lanes>(repeating: Lanes())
        for column in 0..<columns { vectors[column] = load(right + column * rightStride) }
        for row in 0..<rows {
            let vector = load(left + row * leftStride)
            for column in 0..<columns { sums[row][column] = sums[row][column].fused(vector, vectors[column]) }
        }
    }

    /// Negative sums become zero.
    @inline(__always)
    mutating func rectify() {
        for row in 0..<rows {
            for column in 0..<columns { sums[row][column] = sums[row][column].rectified }
        }
    }

    /// Zero where a mask is not positive.
    ///
    /// - Parameter stride: Floats from a row of the mask to the next.
    @inline(__always)
    mutating func mask(by mask: UnsafePointer<Float>, stride: Int) {
        for row in 0..<rows {
            for column in 0..<columns {
                sums[row][column] = sums[row][column].masked(by: load(mask + row * stride + column * lanes))
            }
        }
    }

    /// - Parameter stride: Floats from a row in memory to the next.
    @inline(__always)
    func write(to memory: UnsafeMutablePointer<Float>, stride: Int) {
        for row in 0..<rows {
            for column in 0..<columns {
                store(sums[row][column], memory + row * stride + column * lanes)
            }
        }
    }

    /// Takes over the sums that `write` put into memory, row by row.
    @inline(__always)
    init(from memory: UnsafePointer<Lanes>) {
        self.init()
        for row in 0..<rows {
            for column in 0..<columns { sums[row][column] = memory[row * columns + column] }
        }
    }

    @inline(__always)
    func write(to memory: UnsafeMutablePointer<Lanes>) {
        for row in 0..<rows {
            for column in 0..<columns { memory[row * columns + column] = sums[row][column] }
        }
    }
}

/// What can be computed for any size of tile.
protocol TileKernel {
    func run<let rows: Int, let columns: Int>(_ tile: Tile<rows, columns>.Type)
}

/// The largest tile whose sums fit the registers, beside one vector a column and one scalar.
enum TileLimit {
    static let rows = channelGroup
    #if KERNELS_V4
    static let columns = 4
    #else
    static let columns = 1
    #endif
}

extension TileKernel {
    /// Runs the kernel for a tile of at most 5 × 5, compiled for just that size.
    @inline(__always)
    func run(rows: Int, columns: Int) {
        switch columns {
        #if KERNELS_V4
        case 5: run(rows: rows, Tile<5, 5>.self, Tile<4, 5>.self, Tile<3, 5>.self, Tile<2, 5>.self, Tile<1, 5>.self)
        case 4: run(rows: rows, Tile<5, 4>.self, Tile<4, 4>.self, Tile<3, 4>.self, Tile<2, 4>.self, Tile<1, 4>.self)
        case 3: run(rows: rows, Tile<5, 3>.self, Tile<4, 3>.self, Tile<3, 3>.self, Tile<2, 3>.self, Tile<1, 3>.self)
        case 2: run(rows: rows, Tile<5, 2>.self, Tile<4, 2>.self, Tile<3, 2>.self, Tile<2, 2>.self, Tile<1, 2>.self)
        #endif
        default: run(rows: rows, Tile<5, 1>.self, Tile<4, 1>.self, Tile<3, 1>.self, Tile<2, 1>.self, Tile<1, 1>.self)
        }
    }

    @inline(__always)
    private func run<let columns: Int>(
        rows: Int, _ five: Tile<5, columns>.Type, _ four: Tile<4, columns>.Type, _ three: Tile<3, columns>.Type,
        _ two: Tile<2, columns>.Type, _ one: Tile<1, columns>.Type
    ) {
        switch rows {
        case 5: run(five)
        case 4: run(four)
        case 3: run(three)
        case 2: run(two)
        default: run(one)
        }
    }
}

/// Calls `body` with the start and length of each piece of at most `limit`.
@inline(__always)
func forEachPiece(of count: Int, limit: Int, _ body: (_ start: Int, _ length: Int) -> Void) {
    var start = 0
    while start < count {
        let length = min(limit, count - start)
        body(start, length)
        start += length
    }
}

@inline(__always)
func load(_ pointer: UnsafePointer<Float>) -> Lanes {
    UnsafeRawPointer(pointer).loadUnaligned(as: Lanes.self)
}

@inline(__always)
func store(_ vector: Lanes, _ pointer: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: vector, as: Lanes.self)
}

extension Lanes {
    /// self + a · b, lane by lane, each with one rounding.
    ///
    /// Written out, because the compiler makes one instruction of these sixteen, but not of every loop over them.
    @inline(__always)
    func fused(_ a: Lanes, _ b: Lanes) -> Lanes {
        Lanes(
            self[0].addingProduct(a[0], b[0]), self[1].addingProduct(a[1], b[1]),
            self[2].addingProduct(a[2], b[2]), self[3].addingProduct(a[3], b[3]),
            self[4].addingProduct(a[4], b[4]), self[5].addingProduct(a[5], b[5]),
            self[6].addingProduct(a[6], b[6]), self[7].addingProduct(a[7], b[7]),
            self[8].addingProduct(a[8], b[8]), self[9].addingProduct(a[9], b[9]),
            self[10].addingProduct(a[10], b[10]), self[11].addingProduct(a[11], b[11]),
            self[12].addingProduct(a[12], b[12]), self[13].addingProduct(a[13], b[13]),
            self[14].addingProduct(a[14], b[14]), self[15].addingProduct(a[15], b[15]))
    }

    /// The sum of the lanes, always added in the same order: halves to each other until one is left.
    @inline(__always)
    var total: Float {
        let eight = lowHalf + highHalf
        let four = eight.lowHalf + eight.highHalf
        let two = four.lowHalf + four.highHalf
        return two.x + two.y
    }

    /// Negative lanes become zero; NaN stays NaN.
    @inline(__always)
    var rectified: Lanes { replacing(with: 0, where: self .< 0) }

    /// Zero where the mask is not positive.
    @inline(__always)
    func masked(by mask: Lanes) -> Lanes { replacing(with: 0, where: mask .<= 0) }
}
