import Reporting
import Store

extension VersionPair {
    /// Which test samples both, one or neither classify correctly.
    package var agreementLines: [[String]] {
        [
            ["test samples", "\(b) correct", "\(b) wrong"],
            ["\(a) correct", Quantity.count(bothCorrect), Quantity.count(onlyACorrect)],
            ["\(a) wrong", Quantity.count(onlyBCorrect), Quantity.count(neitherCorrect)],
        ]
    }

    /// - Parameter isOneOfSeveral: Whether the p value that is adjusted for that is shown.
    package func figureLines(isOneOfSeveral: Bool) -> [[String]] {
        [
            ["accuracy, \(b) minus \(a)", accuracyDifference?.text(places: 4) ?? "–"],
            [
                "McNemar's test",
                "\(Quantity.probability(exactP, named: "exact p")), \(Quantity.probability(midP, named: "mid-p"))"
                    + (isOneOfSeveral ? ", \(Quantity.probability(adjustedP, named: "exact p, adjusted (Holm)"))" : ""),
            ],
            ["mean loss, \(b) minus \(a)", lossDifferenceText],
        ]
    }

    private var lossDifferenceText: String {
        guard let lossSamples else {
            return "cannot be told: the loss of each test sample is not known of both versions"
        }
        guard let difference = lossDifference?.text(places: 5, unit: " nats") else {
            return "cannot be told: the loss of some test sample is not finite"
        }
        return lossSamples < 20 ? "\(difference) (of \(Quantity.count(lossSamples, "test sample")))" : difference
    }
}

extension VersionPair.Difference {
    /// With its interval, or a dash where there is none.
    fileprivate func text(places: Int, unit: String = "") -> String {
        func signed(_ value: Double) -> String {
            (value < 0 ? "−" : "+") + Quantity.decimal(abs(value), places: places)
        }
        guard let lower, let upper else { return "\(signed(value))\(unit), 95 % interval –" }
        return "\(signed(value)), 95 % interval \(signed(lower)) to \(signed(upper))\(unit)"
    }
}
