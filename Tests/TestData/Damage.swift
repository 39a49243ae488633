/// Random numbers that are the same in every run, so that what fails once fails again.
///
/// - Source: Steele, Lea and Flood, “Fast splittable pseudorandom number generators”, 2014: SplitMix64.
package struct FixedNumbers: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }
}

extension [UInt8] {
    /// The bytes with one to five of them changed, or with a piece left out or doubled.
    ///
    /// - Parameter signs: What half of the changed bytes become: in texts, digits and brackets do more than others.
    package func damaged(_ numbers: inout FixedNumbers, signs: String = "") -> [UInt8] {
        var bytes = self
        let from = Int.random(in: 0..<count, using: &numbers)
        switch Int.random(in: 0..<4, using: &numbers) {
        case 0:
            bytes.removeSubrange(from...Swift.min(count - 1, from + .random(in: 0..<20, using: &numbers)))
        case 1:
            let piece = self[from...Swift.min(count - 1, from + .random(in: 0..<40, using: &numbers))]
            bytes.insert(contentsOf: piece, at: .random(in: 0..<count, using: &numbers))
        default:
            for _ in 0...Int.random(in: 0..<5, using: &numbers) {
                let byte = UInt8.random(in: .min ... .max, using: &numbers)
                let sign = Bool.random(using: &numbers) ? signs.utf8.randomElement(using: &numbers) : nil
                bytes[.random(in: 0..<count, using: &numbers)] = sign ?? byte
            }
        }
        return bytes
    }
}
