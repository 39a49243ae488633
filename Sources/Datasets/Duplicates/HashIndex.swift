/// Finds hashes that are near to one, without comparing it with all: those that lie in the same cell of a grid, or in cells
/// that the distance reaches into. The grid is laid along the directions in which hashes vary most.
struct HashIndex: Sendable {
    /// Coordinates of the grid: a search looks into some 15 cells of ten thousand.
    private static let dimensions = 5
    /// Further coordinates that are compared before hashes are.
    private static let outlineDimensions = SIMD8<Int8>.scalarCount
    /// A cell's width; 1 is the length of a hash.
    private static let cell: Float = 0.12
    /// No coordinate differs by a larger share of the largest distance: measured where images were compressed.
    private static let largestShare: Float = 0.6
    /// Of an outline: 100 for a length of 1, so that no difference of two numbers looks small by overflow.
    private static let outlineOne: Float = 100

    /// An image under one of its hashes.
    private struct Entry: Sendable {
        var image: Int32
        /// The entry before it in the same chain, or −1.
        var previous: Int32
        /// Lies beside the chain: most entries are passed without a look at their hash.
        var outline: SIMD8<Int8>
    }

    private let axes: PrincipalAxes
    private var entries: [Entry] = []
    /// Of each entry the cell.
    private var keys: [UInt64] = []
    /// `PerceptualHash.count` numbers an entry.
    private var hashes: [Int16] = []
    /// The last entry of each chain, or −1; a power of two of them.
    private var last: [Int32]

    /// - Parameter sample: Hashes, `PerceptualHash.count` numbers each, that show how hashes vary.
    init(sample: [Int16]) {
        axes = PrincipalAxes(
            of: sample.map { Float($0) / PerceptualHash.one }, size: PerceptualHash.count,
            count: Self.dimensions + Self.outlineDimensions)
        last = [Int32](repeating: -1, count: 1024)
    }

    /// Adds an image under one of its hashes.
    mutating func insert(_ hash: UnsafePointer<Int16>, image: Int32) {
        if entries.count == last.count { grow() }
        withCoordinates(of: hash) { coordinates in
            entries.append(Entry(image: image, previous: -1, outline: Self.outline(coordinates)))
            keys.append(coordinates.prefix(Self.dimensions).reduce(0) { Self.key($0, Self.cell($1)) })
        }
        hashes.append(contentsOf: UnsafeBufferPointer(start: hash, count: PerceptualHash.count))
        chain(entries.count - 1)
    }

    private mutating func grow() {
        last = [Int32](repeating: -1, count: 4 * last.count)
        for entry in entries.indices { chain(entry) }
    }

    private mutating func chain(_ entry: Int) {
        let place = slot(keys[entry])
        entries[entry].previous = last[place]
        last[place] = Int32(entry)
    }

    /// Hands over the coordinates along the axes: from −1 to 1.
    private func withCoordinates<Result>(
        of hash: UnsafePointer<Int16>, _ body: (UnsafeMutableBufferPointer<Float>) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: axes.values.count / axes.size) { coordinates in
            axes.values.withUnsafeBufferPointer { axes in
                for axis in coordinates.indices {
                    var sum = SIMD8<Float>.zero
                    for position in stride(from: 0, to: PerceptualHash.count, by: 8) {
                        for lane in 0..<8 {
                            sum[lane] +=
                                axes[axis * PerceptualHash.count + position + lane] * Float(hash[position + lane])
                        }
                    }
                    coordinates.initializeElement(at: axis, to: sum.sum() / PerceptualHash.one)
                }
            }
            return body(coordinates)
        }
    }

    /// Coordinates lie between −1 and 1, and a search adds less than 1 to them.
    private static func cell(_ coordinate: Float) -> Int { Int((coordinate + 2) / cell) }

    private static func key(_ key: UInt64, _ cell: Int) -> UInt64 { key << 6 | UInt64(cell) }

    /// The upper bits of the product by 2⁶⁴ divided by the golden ratio.
    private func slot(_ key: UInt64) -> Int {
        Int((key &* 0x9E37_79B9_7F4A_7C15) >> UInt64(64 - last.count.trailingZeroBitCount))
    }

    private static func outline(_ coordinates: UnsafeMutableBufferPointer<Float>) -> SIMD8<Int8> {
        var outline = SIMD8<Int8>.zero
        for position in 0..<outlineDimensions {
            outline[position] = Int8((coordinates[dimensions + position] * outlineOne).rounded())
        }
        return outline
    }

    /// Calls `body` with each image that has a hash within a distance; with one that has two such, twice.
    ///
    /// - Parameters:
    ///   - radius: 1 for the length of a hash.
    ///   - image: Only images before this one are looked at.
    func search(
        _ hash: UnsafePointer<Int16>, radius: Float, before image: Int32,
        _ body: (_ image: Int32, _ squaredDistance: Int32) -> Void
    ) {
        let reach = Self.largestShare * radius
        let largest = Int32(radius * radius * PerceptualHash.one * PerceptualHash.one)
        // Both outlines are rounded.
        let tolerance = SIMD8(repeating: Int8(reach * Self.outlineOne) + 2)
        withCoordinates(of: hash) { coordinates in
            let outline = Self.outline(coordinates)
            entries.withUnsafeBufferPointer { entries in
                hashes.withUnsafeBufferPointer { hashes in
                    guard let start = hashes.baseAddress else { return }
                    func look(_ dimension: Int, _ key: UInt64) {
                        guard dimension == Self.dimensions else {
                            let coordinate = coordinates[dimension]
                            for cell in Self.cell(coordinate - reach)...Self.cell(coordinate + reach) {
                                look(dimension + 1, Self.key(key, cell))
                            }
                            return
                        }
                        var next = last[slot(key)]
                        while next >= 0 {
                            let (place, entry) = (Int(next), entries[Int(next)])
                            next = entry.previous
                            let difference = entry.outline &- outline
                            guard entry.image < image, all(difference .<= tolerance .& difference .>= 0 &- tolerance)
                            else { continue }
                            let distance = PerceptualHash.squaredDistance(hash, start + place * PerceptualHash.count)
                            if distance <= largest { body(entry.image, distance) }
                        }
                    }
                    look(0, 0)
                }
            }
        }
    }
}
