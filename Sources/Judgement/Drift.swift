import Reporting
import Store

/// How differently classes and measured features are distributed in two splits.
package struct Drift {
    package let a: StoredSplit
    package let b: StoredSplit
    package let classes: Table
    /// A row for each feature.
    package let shifts: Table
    /// Whether the splits are alike, in a sentence.
    package let verdict: String

    package init(from a: StoredSplit, to b: StoredSplit, in store: Store) throws {
        self.a = a
        self.b = b
        let drift = try store.drift(from: a, to: b)
        verdict = try drift[0]["verdict"]
        shifts = try Table(
            drift,
            styles: [
                "a_median": .decimals(3), "b_median": .decimals(3), "distance": .decimals(4),
                "a_samples": .hidden, "b_samples": .hidden, "p": .hidden, "adjusted_p": .probability,
                "stability": .decimals(4), "chance_stability": .decimals(4), "verdict": .hidden,
            ],
            titles: [
                "distance": "K-S distance", "adjusted_p": "adjusted p",
                "stability": "stability index", "chance_stability": "by chance",
            ])
        classes = try Table(
            try store.classDrift(from: a, to: b),
            styles: ["a_share": .percent, "b_share": .percent, "stability": .hidden])
    }

    package var json: JSONValue {
        [
            "a": .string(a.name), "b": .string(b.name), "classes": classes.json,
            "shifts": shifts.without("verdict").json, "verdict": .string(verdict),
        ]
    }
}
