import ArgumentParser
import Datasets
import Judgement
import Reporting
import Samples
import Store

struct DatasetCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Duplicates, contradicting labels, constant images, rare classes; accuracy without leaked samples.",
        discussion: """
            Near duplicates are images that differ by a shift of one pixel, by brightness and contrast, or by compression. \
            What is found is stored, so that analysis.near_duplicate and analysis.leaked_accuracy have it; another check \
            replaces it.

            Examples:
              registry dataset check mnist
              registry dataset check signs@2 --pictures 20
              registry dataset check signs --format csv --table near
            """)

    @Argument(help: "mnist (the newest version) or mnist@2.")
    var name: String

    @Option(parsing: .unconditional, help: "How many of each list. Default: 20 in tables, all in JSON and CSV.")
    var limit: Int?

    @Option(parsing: .unconditional, help: "How many pairs to draw, those under two labels first.")
    var pictures = 4

    enum Part: String, CaseIterable, ExpressibleByArgument {
        case findings, duplicates, near, labels, constant, classes, versions
    }

    @OptionGroup var output: AnswerOptions<Part>
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        try checkNames(name)
        guard limit ?? 0 >= 0 else { throw ValidationError("--limit must not be negative.") }
        guard pictures >= 0 else { throw ValidationError("--pictures must not be negative.") }
    }

    func run() async throws {
        let store = try await database.openStore()
        let dataset = try store.dataset(named: name)
        let (images, searched) = try Self.searchDuplicates(of: dataset, in: store)
        let isTable = output.output.format == .table
        let check = try DatasetCheck(
            of: dataset, images: images, searched: searched, limit: limit ?? (isTable ? 20 : nil),
            pictures: isTable ? pictures : 0, in: store)
        try output.print(
            text: { Self.text(check, on: $0) }, json: check.json,
            csv: {
                switch $0 {
                case .findings: check.findings
                case .duplicates: check.duplicates
                case .near: check.nearDuplicates
                case .labels: check.conflicts
                case .constant: check.constants
                case .classes: check.classes
                case .versions: check.versions
                }
            })
    }

    /// Compares all images of a data set and stores which are nearly the same.
    private static func searchDuplicates(
        of dataset: StoredDataset, in store: Store
    ) throws -> (images: Int, searched: Int) {
        let about = dataset.description
        let total = Split.allCases.reduce(0) { $0 + dataset.samples(in: $1) }
        let progress = ImportProgress(isShown: true)
        defer { progress.clear() }
        var search = NearDuplicateSearch(
            shape: about.shape)
        var (ids, last): ([Int], Split) = ([], .training)
        try store.distinctImages(of: dataset) { split, added, pixels in
            if split != last { search.endPart() }
            last = split
            ids += added
            pixels.withUnsafeBytes { search.add($0) }
            progress.show("comparing", done: ids.count, of: total)
        }
        let pairs = try search.pairs { positions in
            try store.pixels(of: dataset, sampleIDs: positions.map { ids[$0] })
        }
        try store.replaceNearDuplicates(
            of: dataset, images: search.images, searched: search.searched,
            with: pairs.map { NearDuplicate(earlierID: ids[$0.earlier], laterID: ids[$0.later], distance: $0.distance) }
        )
        return (search.images, search.searched)
    }

    private static func text(_ check: DatasetCheck, on screen: Screen) -> TerminalText {
        func list(_ title: String, _ table: Table) -> TerminalText {
            table.rows.isEmpty ? "" : "\n\(title)\n\(table.text(on: screen))"
        }
        let skipped = check.images - check.searched
        let comparison: String =
            skipped == 0
            ? ""
            : "; \(Quantity.count(skipped)) too small or with too little contrast to be compared for near duplicates"
        let pictures: TerminalText =
            check.pictures.isEmpty ? "" : "\n\(DigitPicture.grid(check.pictures, on: screen))"
        return """
            \(check.dataset.name): \(Quantity.count(check.images, "different image"))\(comparison)

            \(check.findings.text(on: screen))\
            \(list("Exact duplicates", check.duplicates))\
            \(list("Near duplicates", check.nearDuplicates))\
            \(list("Under two labels", check.conflicts))\
            \(list("Constant images", check.constants))\(pictures)
            Classes
            \(check.classes.text(on: screen))\(accuracies(check, on: screen))
            """
    }

    private static func accuracies(_ check: DatasetCheck, on screen: Screen) -> TerminalText {
        guard let leaked = check.leakedSamples else { return "" }
        guard leaked > 0 else { return "\nNo test sample is in training, so no accuracy is too high by that.\n" }
        return """

            Accuracy with and without the \(Quantity.count(leaked, "test sample")) whose image is in training, as it is or nearly
            \(check.versions.text(on: screen))
            """
    }
}

extension DatasetFinding {
    /// What an import says of a data set: what can be seen without a search; `nil` when nothing is wrong.
    static func remark(on findings: [DatasetFinding], dataset: String) -> String? {
        func found(_ name: String) -> DatasetFinding? { findings.first { $0.finding == name } }
        let across = found("exact duplicates")?.acrossSplits ?? 0
        let labels = found("exact duplicates, several labels")?.cases ?? 0
        let constant = found("constant images")?.cases ?? 0
        let parts = [
            across > 0 ? "\(Quantity.count(across, "image")) in more than one split" : nil,
            labels > 0 ? "\(Quantity.count(labels, "image")) with more than one label" : nil,
            constant > 0 ? "\(Quantity.count(constant, "constant image"))" : nil,
        ].compactMap { $0 }
        guard !parts.isEmpty else { return nil }
        return "It has \(parts.joined(separator: ", ")). See: registry dataset check \(dataset)"
    }
}
