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

    static func categories(_ rows: Rows) throws -> Table {
        try Table(
            rows,
            styles: [
                "error_rate_outside": .percent, "ratio": .decimals(1), "ratio_lower": .decimals(1),
                "ratio_upper": .decimals(1), "error_rate_lower": .percent, "error_rate_upper": .percent,
            ],
            titles: [
                "error_rate_outside": "of all others", "ratio_lower": "95 % from", "ratio_upper": "to",
                "error_rate_lower": "95 % from", "error_rate_upper": "to",
                "unjudged": "not judged",
            ])
    }
}
