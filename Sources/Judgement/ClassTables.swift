import PostgreSQL
import Reporting
import Store

/// How the figures of classes are shown, at the terminal and on pages.
package enum ClassTables {
    /// Rows of `Store.classAccuracy`.
    package static func classes(_ rows: Rows) throws -> Table {
        let figures = ["accuracy", "precision", "f1"]
        let ends = figures.flatMap { ["\($0)_lower", "\($0)_upper"] }
        return try Table(
            rows, styles: shown(figures + ends),
            titles: Dictionary(
                uniqueKeysWithValues: figures.flatMap { [("\($0)_lower", "95 % from"), ("\($0)_upper", "to")] }
                    + [("f1", "F1")]),
            dispensable: [
                "f1_lower", "f1_upper", "precision_lower", "precision_upper", "accuracy_lower", "accuracy_upper",
            ])
    }

    /// Rows of `Store.classMeans`.
    package static func means(_ rows: Rows) throws -> Table {
        try Table(
            rows, styles: shown(["value", "lower", "upper"]), titles: ["lower": "95 % from", "upper": "to"])
    }

    private static func shown(_ keys: [String]) -> [String: Table.Style] {
        Dictionary(uniqueKeysWithValues: keys.map { ($0, .decimals(4)) })
    }
}
