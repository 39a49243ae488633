import PostgreSQL
import Reporting
import Statistics

/// Two versions tested on the same samples.
struct ComparedPair {
    private let row: Row
    private let losses: LossDifference

    /// What can be told of the difference of the mean test losses.
    enum LossDifference: Sendable {
        case interval(PairedBootstrap)
        /// A loss is infinite or not a number.
        case notFinite
        /// The losses of a version were not kept.
        case notKept

        /// - Parameters:
        ///   - a: The loss of each test sample; `nil` when the first version has not kept them.
        ///   - b: The same of the second.
        init(_ a: [Float]?, _ b: [Float]?) {
            guard let a, let b else {
                self = .notKept
                return
            }
            self = PairedBootstrap(a, b).map(Self.interval) ?? .notFinite
        }
    }

    init(_ row: Row, losses: LossDifference) {
        self.row = row
        self.losses = losses
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
            switch losses {
            case .interval(let losses):
                interval(losses.difference, losses.lower, losses.upper, places: 5) + " nats"
            case .notFinite: "cannot be told: the loss of some test sample is not finite"
            case .notKept: "cannot be told: a version was trained before each test sample's loss was kept"
            }
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
        let numbers: [JSONValue] =
            if case .interval(let losses) = losses {
                [losses.difference, losses.lower, losses.upper].map { .number($0) }
            } else {
                [.null, .null, .null]
            }
        let names = ["loss_difference", "loss_difference_lower", "loss_difference_upper"]
        return .object(columns + zip(names, numbers).map { JSONValue.Member($0, $1) })
    }
}
