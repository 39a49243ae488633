import PostgreSQL
import Reporting
import Store

/// What is wrong with a data set, and what that does to the accuracies measured on it.
package struct DatasetCheck {
    package let dataset: StoredDataset
    /// Different images.
    package let images: Int
    /// Those of them that were compared for near duplicates.
    package let searched: Int
    package let findings: Table
    package let duplicates: Table
    package let nearDuplicates: Table
    package let conflicts: Table
    package let constants: Table
    package let classes: Table
    package let versions: Table
    /// Of pairs that are nearly the same, side by side: those under two labels first, then the nearest.
    package let pictures: [DigitPicture]
    /// Test samples that are in training, too, as they are or nearly so.
    package let leakedSamples: Int?

    /// - Parameters:
    ///   - limit: Of each list; `nil` for all.
    ///   - pictures: How many pairs to draw.
    package init(
        of dataset: StoredDataset, images: Int, searched: Int, limit: Int?, pictures count: Int, in store: Store
    ) throws {
        self.dataset = dataset
        self.images = images
        self.searched = searched
        findings = try Table(
            try store.findings(of: dataset), titles: ["test_learned": "in training and test"])
        duplicates = try Table(
            try store.duplicateImages(of: dataset, limit: limit),
            styles: [
                "digest": .digest, "sample_id": .hidden, "training_samples": .hidden, "validation_samples": .hidden,
                "test_samples": .hidden,
            ],
            titles: ["class_names": "classes", "has_several_labels": "several labels"], dispensable: ["digest"])
        nearDuplicates = try Self.pairs(try store.nearDuplicates(of: dataset, limit: limit))
        conflicts = try Self.pairs(try store.labelConflicts(of: dataset, limit: limit))
        constants = try Table(
            try store.constantImages(of: dataset, limit: limit), styles: ["sample_id": .hidden])
        classes = try Table(
            try store.classImbalance(of: dataset),
            styles: ["ratio": .decimals(2), "effective_classes": .decimals(2), "samples": .hidden],
            titles: ["ratio": "largest to smallest", "absent_classes": "without samples"])
        let accuracies = try store.leakedAccuracy(on: dataset)
        leakedSamples = try accuracies.first.map { try $0["leaked_samples"] }
        versions = try Table(
            accuracies,
            styles: [
                "test_samples": .hidden, "test_correct": .hidden, "leaked_correct": .hidden,
                "clean_samples": .hidden, "clean_correct": .hidden,
                "leaked_accuracy": .decimals(4), "leaked_lower": .hidden, "leaked_upper": .hidden,
                "clean_accuracy": .decimals(4), "clean_lower": .decimals(4), "clean_upper": .decimals(4),
            ],
            titles: [
                "test_accuracy": "all test samples", "test_accuracy_lower": "95 % from", "test_accuracy_upper": "to",
                "leaked_samples": "in training", "leaked_accuracy": "accuracy on these",
                "clean_accuracy": "on the others", "clean_lower": "95 % from ", "clean_upper": "to ",
            ])
        pictures = try Self.pictures(of: dataset, count, in: store)
    }

    private static func pairs(_ rows: Rows) throws -> Table {
        try Table(
            rows,
            styles: ["distance": .decimals(4), "of_index": .identifier, "sample_id": .hidden, "of_sample_id": .hidden],
            titles: ["is_exact": "same", "of_split": "and split", "of_index": "index", "of_class_name": "class"])
    }

    private static func pictures(of dataset: StoredDataset, _ count: Int, in store: Store) throws -> [DigitPicture] {
        guard count > 0 else { return [] }
        var pairs: [SamplePair] = []
        for pair in try store.labelConflicts(of: dataset, limit: count).decoded(as: SamplePair.self)
            + store.nearDuplicates(of: dataset, limit: count).decoded(as: SamplePair.self)
        where pairs.count < count && !pairs.contains(pair) {
            pairs.append(pair)
        }
        let samples = try store.pictures(of: dataset, sampleIDs: pairs.flatMap { [$0.sampleID, $0.ofSampleID] })
        return try pairs.compactMap { pair in
            guard let later = samples[pair.sampleID], let earlier = samples[pair.ofSampleID] else { return nil }
            return try DigitPicture(
                sideBySide: earlier, later,
                captions: [
                    "\(pair.ofSplit) #\(earlier.index): \(earlier.className)",
                    "\(pair.split) #\(later.index): \(later.className)",
                    pair.distance == 0 ? "the same" : "distance \(Quantity.decimal(pair.distance, places: 4))",
                ])
        }
    }

    package var json: JSONValue {
        [
            "dataset": .string(dataset.description.name), "dataset_version": .integer(dataset.version),
            "images": .integer(images), "searched": .integer(searched), "findings": findings.json,
            "duplicates": duplicates.json, "near_duplicates": nearDuplicates.json, "labels": conflicts.json,
            "constant": constants.json, "classes": classes.json, "versions": versions.json,
        ]
    }
}

/// Two samples that are the same or nearly so.
private struct SamplePair: RowDecodable, Equatable {
    let split: String
    let sampleID: Int
    let ofSplit: String
    let ofSampleID: Int
    let distance: Double

    init(row: Row) throws {
        split = try row["split"]
        sampleID = try row["sample_id"]
        ofSplit = try row["of_split"]
        ofSampleID = try row["of_sample_id"]
        distance = try row["distance"]
    }
}

extension DigitPicture {
    /// Two images of one size with a gap of a pixel between them.
    fileprivate init(sideBySide a: SamplePicture, _ b: SamplePicture, captions: [String]) throws {
        let size = a.width
        guard size > 0, a.pixels.count == b.pixels.count, a.pixels.count.isMultiple(of: size) else {
            throw InconsistentDataset("Sample \(a.index)", "and sample \(b.index) are not of one size")
        }
        let rows = stride(from: 0, to: a.pixels.count, by: size).flatMap { start in
            a.pixels[start..<start + size] + [0] + b.pixels[start..<start + size]
        }
        try self.init(captions: captions, height: a.height, width: 2 * size + 1, pixels: rows)
    }
}
