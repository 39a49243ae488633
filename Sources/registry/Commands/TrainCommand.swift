import ArgumentParser
import Datasets
import FoundationEssentials
import KernelTypes
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
            there yet is fetched first. Ctrl-C ends the run; its finished epochs stay stored.

            Examples:
              registry train cnn --epochs 20 --learning-rate 0.02 --momentum 0.9
              registry train my-network.json --name mine --dataset fashion-mnist
            """)

    @Argument(
        help: ArgumentHelp(
            "A built-in network (\(Architecture.builtInNames.joined(separator: ", "))), or a file with an architecture "
                + "in JSON.",
            valueName: "model"))
    var architecture: String

    @Option(help: "The model's name. Default: that of the network.")
    var name: String?

    @Option(help: "The data set to learn, e.g. mnist or mnist@2.")
    var dataset = "mnist"

    @Option(help: "How often every training sample is seen.")
    var epochs = TrainingConfiguration().epochs

    @Option(help: "Samples a step.")
    var batchSize = TrainingConfiguration().batchSize

    @Option(help: "Step length of the gradient descent.")
    var learningRate = TrainingConfiguration().learningRate

    @Option(help: "Factor on the learning rate from an epoch to the next.")
    var learningRateDecay = TrainingConfiguration().learningRateDecay

    @Option(help: "Share of the last step that is made again.")
    var momentum = TrainingConfiguration().momentum

    @Option(help: "Factor of the weights that is added to their gradient.")
    var weightDecay = TrainingConfiguration().weightDecay

    @Option(help: "Decides initial weights and order: the same seed gives the same weights, to the bit.")
    var seed = TrainingConfiguration().seed

    @Flag(help: "Only scale intensities to 0…1, without the training set's mean and deviation.")
    var noStandardize = false

    @Flag(help: "See the samples in the data set's order.")
    var noShuffle = false

    @Option(name: .customLong("init"), help: "Start from the weights in this safetensors file.", completion: .file())
    var initialWeights: String?

    @Option(help: "Worker threads; changes no result. Default: one a physical core.")
    var threads: Int?

    @Flag(help: "Print only the new version, e.g. mlp@3.")
    var quiet = false

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        func check(_ isRight: Bool, _ message: String) throws {
            guard isRight else { throw ValidationError(message) }
        }
        try check((1...1_000_000).contains(epochs), "--epochs must be between 1 and 1,000,000.")
        try check((1...65_536).contains(batchSize), "--batch-size must be between 1 and 65,536.")
        try check(learningRate.isFinite && learningRate > 0, "--learning-rate must be a number above 0.")
        try check(
            learningRateDecay.isFinite && learningRateDecay > 0, "--learning-rate-decay must be a number above 0.")
        try check((0..<1).contains(momentum), "--momentum must be at least 0 and below 1.")
        try check(weightDecay.isFinite && weightDecay >= 0, "--weight-decay must be a number from 0 on.")
        try check(seed <= UInt64(Int64.max), "--seed must be below 2⁶³.")
        try check((1...1024).contains(threads ?? 1), "--threads must be between 1 and 1,024.")
        if let name { try check(isValidName(name), invalidName(name)) }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)  // A reader of the output that goes away must not end a training.
        // What is wrong with the files is told before a server is started.
        let kernels = try KernelSet.chosen(by: ProcessInfo.processInfo.environment)
        let described = try describedArchitecture()
        let weights = try initialWeights.map { try readFile($0) }
        let tensors = try weights.map { try Safetensors.decode($0).tensors }
        let store = try await database.openStore()
        let dataset = try await DatasetSupply(store: store, isQuiet: quiet).dataset(named: dataset)
        let architecture = try described ?? builtInArchitecture(for: dataset.description)
        let model = name ?? architecture.name
        guard isValidName(model) else { throw UsageError.badName(model) }
        try Self.check(architecture, fits: dataset.description)
        if let tensors { try Network(architecture, seed: seed).load(tensors) }

        let data = try TrainingData(of: dataset, from: store)
        let digest = try weights.map { try store.storeArtifact($0, mediaType: "application/x-safetensors") }
        let configuration = RunConfiguration(
            architecture: architecture, training: training(dataset.description), initialWeights: digest)
        let run = try store.enqueue(
            RunRequest(
                model: model, datasetID: dataset.id, configuration: try configuration.json(),
                parameterCount: architecture.parameterCount, epochs: epochs))
        let lease = try store.claim(
            run: run,
            by: Machine.executor(
                threads: threads ?? TrainingLoop.defaultThreadCount, programVersion: Registry.version))

        Interruption.watch()
        let report = TrainingReport(
            model: model, run: run, epochs: epochs, samplesPerEpoch: data.training.count,
            parameters: architecture.parameterCount, isQuiet: quiet)
        let execution = RunExecution(
            lease, configuration: configuration, data: data, kernels: kernels, threads: threads, store: store)
        let version = try execution(isCancelled: { Interruption.hasCome }, report: report.tell)
        guard let version else { throw Interrupted(run: run, epochsFinished: report.epochsFinished) }
        report.tellEnd(version)
    }

    /// The architecture of a file; `nil` when a built-in one is named.
    private func describedArchitecture() throws -> Architecture? {
        guard !Architecture.builtInNames.contains(architecture) else { return nil }
        guard FileManager.default.fileExists(atPath: architecture) else {
            throw UsageError.unknownArchitecture(architecture)
        }
        return try Architecture(json: readFile(architecture))
    }

    private func builtInArchitecture(for dataset: DatasetDescription) throws -> Architecture {
        let architecture = try Architecture.builtIn(
            architecture, input: dataset.imageShape, classes: dataset.classNames.count)
        guard let architecture else { throw UsageError.unknownArchitecture(self.architecture) }
        return architecture
    }

    private static func check(_ architecture: Architecture, fits dataset: DatasetDescription) throws {
        guard architecture.input == dataset.imageShape, architecture.classes == dataset.classNames.count else {
            throw MisfitError(
                architecture: architecture.name, input: architecture.input, classes: architecture.classes,
                dataset: dataset.name, images: dataset.imageShape, datasetClasses: dataset.classNames.count)
        }
    }

    private func training(_ dataset: DatasetDescription) -> TrainingConfiguration {
        var training = TrainingConfiguration()
        training.epochs = epochs
        training.batchSize = batchSize
        training.learningRate = learningRate
        training.learningRateDecay = learningRateDecay
        training.momentum = momentum
        training.weightDecay = weightDecay
        training.seed = seed
        training.shuffles = !noShuffle
        if !noStandardize {
            training.standardization = Standardization(
                mean: dataset.trainingMean, standardDeviation: dataset.trainingStandardDeviation)
        }
        return training
    }
}

extension DatasetDescription {
    fileprivate var imageShape: ImageShape { ImageShape(channels: channels, height: height, width: width) }
}
