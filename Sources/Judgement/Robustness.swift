import NeuralNetwork
import Reporting
import Store

/// How a version's accuracy falls when test images are changed, as far as it was measured.
package struct Robustness {
    package let version: StoredVersion
    /// What is done to an image, and the accuracy after it, in order of strength.
    package let curves: [(kind: Perturbation.Kind, points: [RobustnessPoint])]
    /// A row for each kind and strength.
    package let evaluations: Table
    /// A row for each kind that was measured: the strengths at which at most one point of accuracy is lost.
    package let tolerances: Table
    private let tolerated: [Tolerance]

    /// - Parameter kinds: The changes that `curves` and `evaluations` have, in this order.
    package init(of version: StoredVersion, _ kinds: [Perturbation.Kind], in store: Store) throws {
        self.version = version
        let rows = try kinds.map { (kind: $0, rows: try store.robustness(of: version, $0.rawValue)) }
        curves = try rows.map { ($0.kind, try $0.rows.decoded()) }
        let tables = try rows.map { try Table($0.rows) }
        evaluations = Table(keys: tables.first?.keys ?? [], rows: tables.flatMap(\.rows))
        let ranges = try store.tolerances(of: version)
        tolerances = try Table(ranges)
        tolerated = try ranges.decoded()
    }

    package var json: JSONValue {
        [
            "model": .string(version.model), "version": .integer(version.number), "evaluations": evaluations.json,
            "tolerances": tolerances.json,
        ]
    }

    /// One line per kind: its name, and the strengths at which at most one point of accuracy is lost.
    package var toleranceLines: [[String]] {
        curves.compactMap { kind, _ in
            guard let tolerance = tolerated.first(where: { $0.perturbation == kind.rawValue }) else { return nil }
            guard let range = tolerance.range else {
                return ["  \(kind.rawValue)", "– (no more than one point is there to be lost)"]
            }
            let (from, to) = (Quantity.number(range.lowerBound), Quantity.number(range.upperBound))
            let text = range.lowerBound < 0 ? "from \(from) to \(to)" : "up to \(to)"
            return ["  \(kind.rawValue)", "\(text) \(kind.unit)"]
        }
    }
}
