import ArgumentParser
import Datasets
import FoundationEssentials
import Judgement
import NeuralNetwork
import Reporting
import Store
import Trainer

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

struct TrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a network and register it as the model's next version.",
        discussion: """
            The defaults are those of the reference experiment. A data set that is known (mnist, fashion-mnist) and not \
            there yet is fetched first. Ctrl-C ends the run; its finished epochs stay stored, and “registry requeue” lets a \
            daemon resume it. With --format json or csv standard output has only the new version, as “registry show” has \
            it, or with --detach the run.

            alexnet and vgg16 resize images to 3 × 224 × 224. See what they need first: registry \
            architecture show vgg16.

            Examples:
              registry train cnn --epochs 20 --learning-rate 0.02 --momentum 0.9
              registry train lenet --optimizer adam --schedule cosine --augment-shift 2 --augment-rotation 10
              registry train my-network.json --name mine --dataset fashion-mnist
              registry train --from cnn@2 --epochs 3 --learning-rate 0.001 --dataset fashion-mnist --name clothes
            """)

    @Argument(
        help: ArgumentHelp(
            "A built-in network (\(Architecture.builtInNames.joined(separator: ", "))), or a file with an architecture "
                + "in JSON. In its place: --from.",
            valueName: "model"))
    var architecture: String?

    @Option(
        help: "Train a model version further, e.g. cnn@2: its layers, from its weights, with its standardisation.",
        transform: ModelReference.init(typed:))
    var from: ModelReference?

    @Option(help: "The model's name. Default: that of the network, or of the model to train further.")
    var name: String?

    @Option(
        help:
            "The data set to learn, e.g. mnist or mnist@2. Default: mnist; with --from that of the version, its newest."
    )
    var dataset: String?

    @OptionGroup(title: "Training options") var training: TrainingOptions

    @Option(name: .customLong("init"), help: "Start from the weights in this safetensors file.", completion: .file())
    var initialWeights: String?

    @OptionGroup var computing: ThreadOptions

    @Flag(help: "Queue the training for a registry daemon, and print the run's number.")
    var detach = false

    @Flag(help: "With --detach: wait until the run ends, and report the result.")
    var wait = false

    @Flag(help: "Print only the new version, e.g. mlp@3.")
    var quiet = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        try name.map(checkNewName)
        try checkNames(dataset)
        guard (architecture == nil) != (from == nil) else {
            throw ValidationError("Name a network, or with --from a version to train further; one of the two.")
        }
        guard from == nil || initialWeights == nil else {
            throw ValidationError("--from and --init are two starts: leave one of them out.")
        }
        guard detach || !wait else { throw ValidationError("--wait goes with --detach.") }
        guard !detach || computing.threads == nil else {
            throw ValidationError("--threads is said to the daemon, as --threads-per-worker.")
        }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)  // A reader of the output that goes away must not end a training.
        // What is wrong with the files is reported before a server is started.
        let engine = try computing.engine()
        let described = try architecture.flatMap {
            Architecture.builtInNames.contains($0) ? nil : try describedArchitecture($0)
        }
        let model = name ?? from?.model ?? described?.name ?? architecture ?? ""
        if let fault = Names.fault(in: model) { throw UnusableName(description: fault) }
        let weights = try initialWeights.map(foreignWeights)
        if !quiet { for change in weights?.changes ?? [] { Terminal.tell("\(initialWeights ?? ""): \(change)") } }
        let connect = try await database.connector()
        let store = try connect()
        let start = try from.map { try TrainingStart(store.resolve($0), in: store) }
        let dataset = try await DatasetSupply(store: store, isQuiet: quiet)
            .dataset(named: dataset ?? start?.dataset.name ?? "mnist")
        var configuration = try self.configuration(of: described, from: start, on: dataset)
        let architecture = configuration.architecture
        if let start, !quiet, start.dataset.classNames != dataset.description.classNames {
            Terminal.tell(
                "The classes of \(dataset.name) are not those that \(start.version) learned, by name and order: its "
                    + "outputs are trained for them.")
        }
        if let weights {
            try architecture.check(weights.tensors)
            configuration.initialWeights = try store.storeArtifact(
                weights.encoded(), mediaType: "application/x-safetensors")
        }
        let request = RunRequest(
            model: model, datasetID: dataset.id, configuration: try configuration.json(),
            parameterCount: architecture.parameterCount, multiplyAdds: architecture.multiplyAdds,
            epochs: training.epochs)
        if detach {
            let run = try store.enqueue(request)
            if !quiet { Terminal.tell("Queued. A registry daemon trains it; see: registry jobs") }
            guard wait else {
                try output.print(
                    text: { _ in "\(run)\n" }, json: ["run": .integer(run)], csv: Table([("run", .integer(run))]))
                return
            }
            if !quiet { Terminal.tell("Waiting for run \(run).") }
            let version = try await DetachedRun(run, connect: connect).end()
            if output.format != .table {
                try print(version, in: ForegroundTraining.store(connect: connect))
            } else {
                try Terminal.write("\(version.map { "\($0)" } ?? "run \(run)")\n")
            }
        } else {
            // From the claim on, whoever ends this process has the run ended, and what its lease needs is there.
            let keeper = try LeaseKeeper(connect: connect)
            defer { keeper.end() }
            try keeper.connect()
            Interruption.watch()
            let run = try store.start(request, by: ForegroundTraining.executor(engine))
            let training = ForegroundTraining(of: model, run, keeper: keeper, connect: connect, engine: engine)
            let isForProgram = output.format != .table
            let version = try training.run(on: dataset, isQuiet: quiet, isForProgram: isForProgram)
            if isForProgram { try print(version, in: ForegroundTraining.store(connect: connect)) }
        }
    }

    /// What is to be trained, checked against the data set and this machine's memory.
    ///
    /// - Parameters:
    ///   - described: An architecture from a file; `nil` for a built-in one.
    ///   - start: The version that is trained further.
    func configuration(
        of described: Architecture? = nil, from start: TrainingStart? = nil, on dataset: StoredDataset
    ) throws -> RunConfiguration {
        let architecture = try start?.architecture ?? described ?? builtInArchitecture(for: dataset.description)
        try architecture.checkFits(dataset.description)
        var settings = training.configuration(for: dataset.description)
        if let start, settings.standardization != nil { settings.standardization = start.standardization }
        try architecture.checkTraining(settings, samples: dataset.trainingSamples)
        let configuration = RunConfiguration(
            architecture: architecture, training: settings, initialWeights: start?.weights,
            parent: start.map { "\($0.version)" })
        // Another process, later, trains what is only queued.
        try configuration.checkMemory(on: dataset.sampleCounts, available: detach ? Memory.total : Memory.available)
        return configuration
    }

    /// The new version for a program.
    private func print(_ version: ModelReference?, in store: ReconnectingStore) throws {
        let row = try version.map { version in
            try store { try Table(try $0.summaries(of: [try $0.resolve(version)])) }
        }
        guard let row else { return }
        try output.print(
            text: { row.text(on: $0) }, json: row.firstObject,
            csv: row)
    }

    private func builtInArchitecture(for dataset: DatasetDescription) throws -> Architecture {
        let name = architecture ?? ""
        let architecture = try Architecture.builtIn(
            name, input: dataset.shape, classes: dataset.classNames.count)
        guard let architecture else { throw UnknownArchitecture(name: name) }
        return architecture
    }
}

/// The weights in a safetensors file.
func foreignWeights(_ path: String) throws -> ForeignWeights {
    // The file, the tensors in it and the file that is made of them are in memory at the same time; the latter two have
    // four bytes a number, and the first may have two.
    try ForeignWeights(readFile(path, limit: Memory.available / 5))
}
