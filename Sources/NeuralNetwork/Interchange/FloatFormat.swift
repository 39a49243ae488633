/// A type of floating-point numbers in files of weights; all are read as `Float`.
enum FloatFormat: String, CaseIterable {
    case float32 = "F32"
    /// The upper half of an F32.
    case bfloat16 = "BF16"
    case float16 = "F16"
    case float64 = "F64"

    /// A number that no `Float` can be.
    struct TooLarge: Error {
        let number: Double
    }

    /// Bytes of a number.
    var size: Int {
        switch self {
        case .float32: 4
        case .bfloat16, .float16: 2
        case .float64: 8
        }
    }

    /// Numbers that lie in a file as in memory: all processors that this is built for are little-endian.
    ///
    /// - Parameter bytes: `size` times as many as there are numbers.
    /// - Throws: `TooLarge`, for a finite number beyond a `Float`'s range.
    func floats(_ bytes: UnsafeRawBufferPointer) throws(TooLarge) -> [Float] {
        let count = bytes.count / size
        func values<Number>(_: Number.Type, _ float: (Number) -> Float) -> [Float] {
            (0..<count).map {
                float(bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Number>.size, as: Number.self))
            }
        }
        switch self {
        case .float32:
            return [Float](unsafeUninitializedCapacity: count) { target, written in
                UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes)
                written = count
            }
        case .bfloat16: return values(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
        case .float16: return values(UInt16.self, Self.widened)
        case .float64:
            let floats = values(UInt64.self) { Float(Double(bitPattern: $0)) }
            for (index, value) in floats.enumerated() where value.isInfinite {
                let number = Double(bitPattern: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
                guard number.isInfinite else { throw TooLarge(number: number) }
            }
            return floats
        }
    }

    /// IEEE 754 binary16; there is no `Float16` on every processor that this is built for.
    private static func widened(_ half: UInt16) -> Float {
        let (sign, exponent, fraction) = (UInt32(half >> 15) << 31, half >> 10 & 31, UInt32(half & 1023))
        switch exponent {
        case 0:
            let magnitude = Float(fraction) / Float(1 << 24)
            return sign == 0 ? magnitude : -magnitude
        case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
        default: return Float(bitPattern: sign | (UInt32(exponent) + 112) << 23 | fraction << 13)
        }
    }
}
