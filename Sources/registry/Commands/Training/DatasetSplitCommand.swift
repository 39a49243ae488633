import ArgumentParser
import Datasets
import Reporting
import Samples
import Store

struct DatasetSplitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "split",
        abstract: "Divide the images of a data set again: a new version, with validation samples.",
        discussion: """
            90/10 divides training and validation together and leaves the test as it is; 80/10/10 divides all. Where an \
            image goes follows from its pixels and the seed: the same image twice is in one split.

            Example: registry dataset split mnist@1 --split 90/10 --seed 1
            """)

    @Argument(help: "mnist (the newest version) or mnist@2.")
    var name: String

    @Option(help: "Two shares for training and validation, or three for training, validation and test, in sum 100.")
    var split: String

    @Option(help: "Seed of the division.")
    var seed: UInt64 = 0

    @Flag(help: "Print errors only.")
    var quiet = false

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        try checkNames(name)
        guard Division(split, seed: seed) != nil else {
            throw ValidationError("--split needs two or three whole numbers whose sum is 100, e.g. 80/10/10.")
        }
    }

    func run() async throws {
        guard let division = Division(split, seed: seed) else { return }
        let store = try await database.openStore()
        let dataset = try store.dataset(named: name)
        let about = dataset.description
        let progress = ImportProgress(isShown: !quiet)
        defer { progress.clear() }
        func images(_ split: Split) throws -> StoredImages {
            var labels: [UInt16] = []
            try store.forEachSample(of: dataset, split: split, needsPixels: false) { _, label, _ in labels.append(label)
            }
            return StoredImages(labels: labels) { take in
                try store.forEachSample(of: dataset, split: split) { _, _, pixels in try take(pixels) }
            }
        }
        let divided = try ImageDataset(
            dividing: dataset.name, [try images(.training), try images(.validation)], test: try images(.test),
            shape: about.shape, classNames: about.classNames, by: division
        ) { progress.show("reading", done: $0, of: $1) }
        progress.clear()
        let shares = division.shares.map(String.init).joined(separator: "/")
        try report(
            try DatasetSupply(store: store, isQuiet: quiet).save(
                divided, name: about.name, source: "\(about.source); \(dataset.name) divided \(shares), seed \(seed)",
                licence: about.licence, progress: progress),
            in: store, isQuiet: quiet)
    }
}
