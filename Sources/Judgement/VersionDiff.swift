import PostgreSQL
import Reporting
import Store

/// What a second version breaks and mends of a first, tested on the same samples.
package struct VersionDiff {
    package let a: StoredVersion
    package let b: StoredVersion
    /// How they compare as a whole.
    package let pair: VersionPair
    private let pairTable: Table
    /// A row each for what is broken, mended and changed.
    package let changes: Table
    package let classes: Table
    package let confusions: Table
    /// By kind of deviation; empty for data sets from before features were measured.
    package let categories: Table
    package let samples: Table
    /// Of the samples.
    package let pictures: [DigitPicture]
    /// What a new seed breaks anyway: of the first version's recipe, and of the second's where that is another.
    package let seeds: [(version: StoredVersion, flips: SeedFlips)]
    /// A row for each.
    package let seedTable: Table

    /// - Parameters:
    ///   - only: Of the samples.
    ///   - limit: Of confusions and of samples.
    /// - Throws: `DifferentTests` when they were not tested on the same samples.
    package init(from a: StoredVersion, to b: StoredVersion, only: Flip?, limit: Int, in store: Store) throws {
        guard a.testSplitID == b.testSplitID else { throw DifferentTests(a: a.reference, b: b.reference) }
        (self.a, self.b) = (a, b)
        let compared = try store.comparisons(of: [a, b])
        guard let pair = try compared.decoded(as: VersionPair.self).first else {
            throw DifferentTests(a: a.reference, b: b.reference)
        }
        self.pair = pair
        pairTable = try Table(compared)
        changes = try Self.table(try store.flipCounts(from: a, to: b))
        classes = try Self.table(try store.classFlips(from: a, to: b))
        confusions = try Self.table(try store.confusionFlips(from: a, to: b, limit: limit))
        let categories = try Self.table(try store.categoryFlips(from: a, to: b))
        // Without any category there is nothing but all samples.
        self.categories = categories.isAnySet("category") ? categories : Table(keys: categories.keys, rows: [])
        let flipped = try store.flips(from: a, to: b, only: only, limit: limit)
        samples = try Self.table(flipped)
        pictures = try flipped.decoded(as: FlippedSample.self).map { flipped in
            func line(_ version: StoredVersion, _ answer: FlippedSample.Answer) -> String {
                let confidence = answer.confidence.map { "  \(Quantity.percent($0, places: 0))" } ?? ""
                return "\(version.reference): \(answer.className)\(confidence)"
            }
            return try DigitPicture(
                flipped.sample,
                captions: [
                    "#\(flipped.sample.index) \(flipped.change)", "class \(flipped.sample.className)",
                    line(a, flipped.a), line(b, flipped.b),
                ])
        }
        var (seeds, rows): ([(version: StoredVersion, flips: SeedFlips)], [[JSONValue]]) = ([], [])
        for version in [a, b] {
            let found = try store.seedFlips(of: version)
            guard let flips = try found.decoded(as: SeedFlips.self).first, let row = try Table(found).rows.first,
                !seeds.contains(where: { $0.flips.recipe != nil && $0.flips.recipe == flips.recipe })
            else { continue }
            seeds.append((version, flips))
            rows.append([.string(version.model), .integer(version.number)] + row)
        }
        self.seeds = seeds
        seedTable = Table(
            keys: ["model", "version", "seeds", "pairs", "mean_broken", "least_broken", "most_broken"], rows: rows)
    }

    /// How many samples were flipped in a way.
    package func count(_ flip: Flip) -> Int {
        let (kind, samples) = (changes.keys.firstIndex(of: "change"), changes.keys.firstIndex(of: "samples"))
        guard let kind, let samples, let row = changes.rows.first(where: { $0[kind] == .string(flip.rawValue) }),
            case .integer(let count) = row[samples]
        else { return 0 }
        return count
    }

    /// What a new seed breaks anyway, or that it is not known; a line for each recipe.
    package func seedLine(_ version: StoredVersion, _ flips: SeedFlips) -> String {
        if version.origin != .trained {
            return "What a new seed would break of \(version.reference) is not known: its "
                + (version.origin == .imported ? "weights were imported." : "predictions were imported.")
        }
        guard let broken = flips.broken else {
            return
                "What a new seed of \(version.reference)'s recipe breaks anyway is not known: it was trained with one seed alone."
        }
        return "A new seed of \(version.reference)'s recipe breaks "
            + "\(Quantity.decimal(broken.mean, places: 1)) test samples anyway: the mean of "
            + "\(Quantity.count(flips.pairs, "pair")) of \(Quantity.count(flips.seeds, "seed")), from "
            + "\(Quantity.count(broken.least)) to \(Quantity.count(broken.most))."
    }

    package var json: JSONValue {
        func reference(_ version: StoredVersion) -> JSONValue {
            ["model": .string(version.model), "version": .integer(version.number)]
        }
        return [
            "a": reference(a), "b": reference(b), "pair": pairTable.firstObject, "changes": changes.json,
            "seeds": seedTable.json, "classes": classes.json, "categories": categories.json,
            "confusions": confusions.json, "samples": samples.json,
        ]
    }

    private static func table(_ rows: Rows) throws -> Table {
        try Table(
            rows,
            styles: [
                "share": .percent, "share_lower": .percent, "share_upper": .percent, "difference": .decimals(4),
                "difference_lower": .decimals(4), "difference_upper": .decimals(4), "adjusted_p": .probability,
                "a_predicted": .hidden, "b_predicted": .hidden, "is_judged": .hidden,
            ],
            titles: [
                "out_of": "of", "share_lower": "95 % from", "share_upper": "to", "difference_lower": "95 % from",
                "difference_upper": "to", "adjusted_p": "adjusted p", "come": "new",
            ])
    }
}

extension Table {
    fileprivate func isAnySet(_ key: String) -> Bool {
        guard let column = keys.firstIndex(of: key) else { return false }
        return rows.contains { $0[column] != .null }
    }

    fileprivate var firstObject: JSONValue {
        rows.first.map { row in .object(zip(keys, row).map { JSONValue.Member($0, $1) }) } ?? .null
    }
}
