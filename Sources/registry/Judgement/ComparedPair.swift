import PostgreSQL
import Reporting

/// Two versions tested on the same samples.
struct ComparedPair {
    private let row: Row

    init(_ row: Row) {
        self.row = row
    }

    /// Which test samples both, one or neither classify correctly.
    func agreementLines() throws -> [[String]] {
        let (a, b): (String, String) = (try row["a"], try row["b"])
        func count(_ column: String) throws -> String { Quantity.count(try row[column]) }
        return [
            ["test samples", "\(b) correct", "\(b) wrong"],
            ["\(a) correct", try count("both_correct"), try count("only_a_correct")],
            ["\(a) wrong", try count("only_b_correct"), try count("neither_correct")],
        ]
    }

    /// - Parameter isOneOfSeveral: Whether the p value that is adjusted for that is shown.
    func figureLines(isOneOfSeveral: Bool) throws -> [[String]] {
        let (a, b): (String, String) = (try row["a"], try row["b"])
        func probability(_ name: String, _ column: String) throws -> String {
            Quantity.probability(try row[column], named: name)
        }
        return [
            ["accuracy, \(b) minus \(a)", try difference("accuracy_difference", places: 4) ?? "–"],
            [
                "McNemar's test",
                "\(try probability("exact p", "mcnemar_exact_p")), \(try probability("mid-p", "mcnemar_mid_p"))"
                    + (isOneOfSeveral ? ", \(try probability("exact p, adjusted (Holm)", "adjusted_p"))" : ""),
            ],
            ["mean loss, \(b) minus \(a)", try lossDifference()],
        ]
    }

    private func lossDifference() throws -> String {
        guard let samples: Int = try row["loss_samples"] else {
            return "cannot be told: a version was trained before each test sample's loss was kept"
        }
        guard let difference = try difference("loss_difference", places: 5, unit: " nats") else {
            return "cannot be told: the loss of some test sample is not finite"
        }
        return samples < 20 ? "\(difference) (of \(Quantity.count(samples, "test sample")))" : difference
    }

    /// Which is better and how sure that is, in a sentence.
    func verdict() throws -> String { try row["verdict"] }

    /// A difference with its interval, or a dash where there is none; `nil` where there is no difference.
    private func difference(_ column: String, places: Int, unit: String = "") throws -> String? {
        func signed(_ value: Double) -> String {
            (value < 0 ? "−" : "+") + Quantity.decimal(abs(value), places: places)
        }
        guard let value: Double = try row[column] else { return nil }
        guard let lower: Double = try row["\(column)_lower"], let upper: Double = try row["\(column)_upper"] else {
            return "\(signed(value))\(unit), 95 % interval –"
        }
        return "\(signed(value)), 95 % interval \(signed(lower)) to \(signed(upper))\(unit)"
    }

    /// Every column of the pair's row.
    func members() throws -> [JSONValue.Member] {
        try row.columns.indices.map { position in
            JSONValue.Member(row.columns[position].name, JSONValue(try row.value(at: position)))
        }
    }
}
