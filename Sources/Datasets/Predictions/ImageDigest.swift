import Crypto

/// SHA-256 of an image's bytes: height × width intensities, row by row; of colours the channels of a pixel side by side.
package struct ImageDigest: Hashable, Sendable, CustomStringConvertible {
    /// The most significant bytes first.
    private var words = SIMD4<UInt64>()

    /// - Returns: `nil` unless there are 32 bytes.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == SHA256.byteCount else { return nil }
        for (position, byte) in bytes.enumerated() { append(UInt64(byte), bits: 8, to: position / 8) }
    }

    /// - Returns: `nil` unless there are 64 hexadecimal digits, in upper or lower case.
    package init?(hexadecimal: some StringProtocol) {
        self.init(digits: hexadecimal.utf8)
    }

    /// - Parameter planes: An image as the database has it: channel by channel, row by row.
    package init(ofImage planes: UnsafeRawBufferPointer, channels: Int) {
        var hash = SHA256()
        if channels == 1 {
            hash.update(bufferPointer: planes)
        } else {
            let plane = planes.count / channels
            hash.update(data: (0..<plane * channels).map { planes[$0 % channels * plane + $0 / channels] })
        }
        for (position, byte) in hash.finalize().enumerated() { append(UInt64(byte), bits: 8, to: position / 8) }
    }

    /// - Parameter digits: In ASCII.
    init?(digits: some Sequence<UInt8>) {
        var count = 0
        for digit in digits {
            guard count < 2 * SHA256.byteCount, let value = Self.value(ofDigit: digit) else { return nil }
            append(UInt64(value), bits: 4, to: count / 16)
            count += 1
        }
        guard count == 2 * SHA256.byteCount else { return nil }
    }

    private mutating func append(_ number: UInt64, bits: UInt64, to word: Int) {
        words[word] = words[word] << bits | number
    }

    private static func value(ofDigit digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// 32 of them.
    package var bytes: [UInt8] {
        (0..<SHA256.byteCount).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(56 - 8 * ($0 % 8))) }
    }

    /// 64 hexadecimal digits.
    package var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
