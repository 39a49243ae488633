import PostgreSQL
import Reporting

/// How tables about difficulty are shown, at the terminal and on pages.
enum DifficultyTables {
    static func classes(_ rows: Rows) throws -> Table {
        try Table(
            rows,
            styles: ["error_rate": .decimals(4), "error_rate_lower": .decimals(4), "error_rate_upper": .decimals(4)],
            titles: ["error_rate_lower": "95 % from", "error_rate_upper": "to"])
    }

    static func samples(_ rows: Rows) throws -> Table {
        try Table(
            rows,
            styles: ["mean_learned_epoch": .decimals(1), "mean_forgotten": .decimals(1), "label_doubt": .percent],
            titles: [
                "mean_learned_epoch": "learned in epoch", "mean_forgotten": "times forgotten",
                "missed_by": "missed by versions", "missed_share": "share of votes",
                "mean_confidence": "mean probability",
            ], dispensable: ["mean_forgotten", "missed_by", "mean_learned_epoch", "mean_confidence"])
    }

    /// What the columns of `samples` mean.
    static let legend =
        "taken for: the commonest wrong prediction; learned in epoch: after which it was first classified correctly, and "
        + "times forgotten: how often it was missed again later, both as means over versions; label doubt: the largest mean "
        + "probability that is given to one wrong class."

    static func categories(_ rows: Rows) throws -> Table {
        try Table(
            rows,
            styles: [
                "error_rate_outside": .percent, "ratio": .decimals(1), "ratio_lower": .decimals(1),
                "ratio_upper": .decimals(1),
            ],
            titles: [
                "error_rate_outside": "of all others", "ratio_lower": "95 % from", "ratio_upper": "to",
                "unjudged": "not judged",
            ])
    }

    /// What stands after the number of errors that could not be judged; empty when there are none.
    static func unjudged(_ count: Int) -> String {
        count == 0
            ? ""
            : " \(Quantity.count(count)) could not be judged: something could not be measured of the image, or of any "
                + "training image of its class."
    }
}
