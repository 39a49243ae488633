#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Rows of numbers, one per class, that become probabilities.
struct ProbabilityRows {
    let classes: Int
    let areLogits: Bool
    /// row × class.
    private(set) var values: [Double] = []

    /// How far the sum of a row may be from 1: that of 1,000 numbers of 16 bits is within.
    private static let tolerance = 1e-3

    /// - Parameter count: Rows that are announced.
    /// - Throws: `RowFault` when there are too few classes, or too many probabilities.
    init(classes: Int, areLogits: Bool, count: Int = 0) throws(RowFault) {
        guard (2...ImageDataset.mostClasses).contains(classes) else {
            throw RowFault(
                reason: "It has \(classes.grouped) class\(classes == 1 ? "" : "es"); 2 to "
                    + "\(ImageDataset.mostClasses.grouped) are possible.")
        }
        guard count.multipliedOrLargest(by: classes) <= OutsidePredictions.largestProbabilities else {
            throw RowFault(reason: Self.tooMany)
        }
        self.classes = classes
        self.areLogits = areLogits
        // What is announced is trusted only as far as it costs little.
        values.reserveCapacity(min(count * classes, 1 << 20))
    }

    private static var tooMany: String {
        "It has more than \(OutsidePredictions.largestProbabilities.grouped) probabilities, which are not read."
    }

    /// - Parameter row: `classes` numbers.
    /// - Throws: `RowFault` when they are not finite, or are no probabilities.
    mutating func append(_ row: UnsafeBufferPointer<Double>) throws(RowFault) {
        guard values.count + classes <= OutsidePredictions.largestProbabilities else {
            throw RowFault(reason: Self.tooMany)
        }
        for position in row.indices where !row[position].isFinite || !areLogits && row[position] < 0 {
            throw RowFault(
                reason: "the \(areLogits ? "logit" : "probability") of class \(position) is \(row[position].short).",
                remedy: row[position].isFinite ? .logits : nil)
        }
        // Without the largest logit the exponentials would overflow.
        let largest = areLogits ? row.max() ?? 0 : 0
        let first = values.count
        var sum = 0.0
        for number in row {
            // Of −0 the sign is left out.
            let weight = areLogits ? exp(number - largest) : abs(number)
            values.append(weight)
            sum += weight
        }
        guard areLogits || abs(sum - 1) <= Self.tolerance else {
            throw RowFault(
                reason: "its probabilities add up to \(sum.short), and 1 is needed, give or take \(Self.tolerance).",
                remedy: .logits)
        }
        for position in first..<values.count { values[position] /= sum }
    }
}
