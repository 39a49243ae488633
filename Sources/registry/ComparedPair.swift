import PostgreSQL
import Reporting
import Statistics

/// Two versions tested on the same samples.
struct ComparedPair {
    private let row: Row
    /// Of the mean test loss; `nil` when it cannot be told.
    private let losses: PairedBootstrap?
    private let haveKeptLosses: Bool

    /// - Parameters:
    ///   - a: The loss of each test sample; `nil` when the first version has not kept them.
    ///   - b: The same of the second.
    init(_ row: Row, losses a: [Float]?, _ b: [Float]?) {
        self.row = row
        haveKeptLosses = a != nil && b != nil
        losses = a.flatMap { a in b.flatMap { PairedBootstrap(a, $0) } }
    }

    /// Which test samples both, one or neither classify rightly.
    func agreementLines() throws -> [[String]] {
        let (a, b): (String, String) = (try row["a"], try row["b"])
        func count(_ column: String) throws -> String { Quantity.count(try row[column]) }
        return [
            ["test samples", "\(b) right", "\(b) wrong"],
            ["\(a) right", try count("both_correct"), try count("only_a_correct")],
            ["\(a) wrong", try count("only_b_correct"), try count("neither_correct")],
        ]
    }

    /// - Parameter isOneOfSeveral: Whether the p value that is adjusted for that is shown.
    func figureLines(isOneOfSeveral: Bool) throws -> [[String]] {
        let (a, b): (String, String) = (try row["a"], try row["b"])
        func probability(_ name: String, _ column: String) throws -> String {
            Quantity.probability(try row[column], named: name)
        }
        var figures = [
            [
                "accuracy, \(b) minus \(a)",
                interval(
                    try row["accuracy_difference"], try row["accuracy_difference_lower"],
                    try row["accuracy_difference_upper"], places: 4),
            ],
            [
                "McNemar's test",
                "\(try probability("exact p", "mcnemar_exact_p")), \(try probability("mid-p", "mcnemar_mid_p"))"
                    + (isOneOfSeveral ? ", \(try probability("exact for all pairs together p", "adjusted_p"))" : ""),
            ],
        ]
        let difference =
            losses.map { interval($0.difference, $0.lower, $0.upper, places: 5) + " nats" }
            ?? (haveKeptLosses
                ? "cannot be told: the loss of some test sample is not finite"
                : "cannot be told: a version was trained before each test sample's loss was kept")
        figures.append(["mean loss, \(b) minus \(a)", difference])
        return figures
    }

    /// Which is better and how sure that is, in a sentence.
    func verdict() throws -> String { try row["verdict"] }

    private func interval(_ value: Double, _ lower: Double, _ upper: Double, places: Int) -> String {
        func signed(_ value: Double) -> String {
            (value < 0 ? "−" : "+") + Quantity.decimal(abs(value), places: places)
        }
        return "\(signed(value)), 95 % interval \(signed(lower)) to \(signed(upper))"
    }

    func json() throws -> JSONValue {
        let columns = try row.columns.indices.map { position in
            JSONValue.Member(row.columns[position].name, JSONValue(try row.value(at: position)))
        }
        func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
        return .object(
            columns + [
                JSONValue.Member("loss_difference", number(losses?.difference)),
                JSONValue.Member("loss_difference_lower", number(losses?.lower)),
                JSONValue.Member("loss_difference_upper", number(losses?.upper)),
            ])
    }
}
