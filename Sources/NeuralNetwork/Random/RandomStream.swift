import KernelTypes

/// The random numbers for one purpose. Streams of different names are independent of each other: drawing more from one
/// changes nothing in another.
package struct RandomStream: Sendable, Hashable {
    /// Philox's key: the seed.
    let key: SIMD2<UInt32>
    private let stream: UInt64
    /// Numbers drawn so far: all there is to know to go on later.
    package private(set) var position: UInt64 = 0
    private var block = SIMD4<UInt32>()

    /// - Parameters:
    ///   - name: What the numbers are for, e.g. `shuffle 3`.
    package init(seed: UInt64, name: String) {
        key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32))
        // FNV-1a, 64 bits.
        stream = name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    /// The next 32 bits.
    package mutating func next() -> UInt32 {
        if position % 4 == 0 {
            let index = position / 4
            block = Philox.block(counter(index), key: key)
        }
        defer { position += 1 }
        return block[Int(position % 4)]
    }

    /// Philox's counter of the stream's numbers 4 · index … 4 · index + 3.
    func counter(_ index: UInt64) -> SIMD4<UInt32> {
        SIMD4(
            UInt32(truncatingIfNeeded: index), UInt32(index >> 32), UInt32(truncatingIfNeeded: stream),
            UInt32(stream >> 32))
    }

    /// Uniform in [0, 1), a multiple of 2⁻²⁴.
    package mutating func nextUnit() -> Float { Float(next() >> 8) * 0x1p-24 }

    /// Nearly normal with mean 0 and deviation 1: the sum of twelve uniform numbers less 6, which needs no functions whose
    /// last bit depends on the C library.
    mutating func nextNormal() -> Double {
        (0..<12).reduce(-6) { sum, _ in sum + Double(nextUnit()) }
    }

    /// Uniform in 0..<bound, without bias.
    ///
    /// - Source: Lemire, “Fast random integer generation in an interval”, 2019.
    package mutating func next(below bound: UInt32) -> UInt32 {
        let threshold = (0 &- bound) % bound
        while true {
            let product = next().multipliedFullWidth(by: bound)
            if product.low >= threshold { return product.high }
        }
    }

    /// Puts the elements into a random order (Fisher and Yates).
    package mutating func shuffle(_ elements: inout [Int32]) {
        for last in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(last, Int(next(below: UInt32(last + 1))))
        }
    }
}
