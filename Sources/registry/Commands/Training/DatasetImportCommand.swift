import ArgumentParser
import Datasets
import SystemPackage

struct DatasetImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Register a data set from files of your own.",
        discussion: """
            What PATH is shows by its content:
              four IDX files, as of MNIST, EMNIST and QMNIST, gzipped (.gz) or not
              a folder for each class with PNG or JPEG files, in train/, val/ and test/ or without
              a table path,label[,split], with paths from its own folder
              NumPy's .npz: x_train, y_train, x_test, y_test, or train_images and so on; Kuzushiji-MNIST's folder
              CIFAR-10 and CIFAR-100, binary version

            Images have 1 or 3 channels and sides of 1 to 1,024 pixels, and there are up to 1,000 classes. An \
            alpha channel is ignored.

            Example: registry dataset import flowers ./flowers --size 64x64 --split 80/10/10 --seed 1
            """)

    @Argument(help: "The data set's name.")
    var name: String

    @Argument(help: "The folder or file.", completion: .file())
    var path: String

    @Option(help: "\(DatasetForm.allCases.map(\.rawValue).joined(separator: ", ")). Default: what is recognised.")
    var format: DatasetForm?

    @Option(help: ArgumentHelp("Resize all images, e.g. 64x64.", valueName: "HEIGHTxWIDTH"))
    var size: String?

    @Flag(help: "Make colours grey.")
    var grey = false

    @Option(
        help: "Names of the classes, label 0 first, separated by commas. Default: the form's; for IDX the ten digits.")
    var classNames: String?

    @Option(help: "A file with the names of the classes, one per line, label 0 first.", completion: .file())
    var classes: String?

    @Option(help: "Of CIFAR-100: fine for its 100 classes, coarse for the 20 that these belong to. Default: fine.")
    var labels: LabelGranularity?

    @Option(
        help: """
            Divide at random what is not divided: 80/10/10 for training, validation and test, 80/20 without validation; \
            where there is a test, 90/10 takes validation from training.
            """)
    var split: String?

    @Option(help: "Seed of the division.")
    var seed: UInt64?

    @Option(help: "Where the data comes from.")
    var source: String?

    @Option(help: "The licence under which it may be used.")
    var licence = "unknown"

    @Flag(help: "Print errors only.")
    var quiet = false

    @OptionGroup var database: DatabaseOptions

    /// By Unicode scalar: a comma that is joined to its neighbour separates as well.
    private var names: [String]? {
        classNames?.unicodeScalars.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
    }

    private var sides: (height: Int, width: Int)? {
        let numbers = size?.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) } ?? []
        guard numbers.count == 2, let height = numbers[0], let width = numbers[1], (1...1024).contains(height),
            (1...1024).contains(width)
        else { return nil }
        return (height, width)
    }

    private var division: Division? { split.flatMap { Division($0, seed: seed ?? 0) } }

    func validate() throws {
        try checkNewName(name)
        if let names {
            if let fault = ClassNames.fault(in: names) {
                throw ValidationError("--class-names needs 2 to 1,000 different names, separated by commas. \(fault)")
            }
            guard classes == nil else { throw ValidationError("Give --class-names or --classes, not both.") }
        }
        guard size == nil || sides != nil else {
            throw ValidationError("--size needs height and width from 1 to 1,024, e.g. 64x64.")
        }
        guard split == nil || division != nil else {
            throw ValidationError("--split needs two or three whole numbers whose sum is 100, e.g. 80/10/10.")
        }
        guard split != nil || seed == nil else { throw ValidationError("--seed goes with --split.") }
    }

    func run() async throws {
        var options = ReadingOptions()
        options.form = format
        options.size = sides
        options.isGrey = grey
        options.classNames = try names ?? classes.map { try ClassNames.lines(of: FilePath($0)) }
        options.labels = labels
        options.division = division
        let progress = ImportProgress(isShown: !quiet)
        defer { progress.clear() }
        let dataset = try ImageDataset(FilePath(path), options) { progress.show("reading", done: $0, of: $1) }
        progress.clear()
        if !quiet { for remark in dataset.remarks { Terminal.tell(remark) } }
        let supply = DatasetSupply(store: try await database.openStore(), isQuiet: quiet)
        try report(
            try supply.save(dataset, name: name, source: source ?? path, licence: licence, progress: progress),
            in: supply.store, isQuiet: quiet)
    }
}

extension DatasetForm: ExpressibleByArgument {}
extension LabelGranularity: ExpressibleByArgument {}
