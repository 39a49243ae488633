import ArgumentParser
import Judgement
import Reporting
import Samples
import Store
import Trainer

struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "How well a version classifies any data set or split.",
        discussion: """
            Classes match by name, in any order; the data set may have fewer of them. Nothing is stored: what a training \
            was tested on is in show, compare and errors.

            Examples:
              registry evaluate mlp --dataset digits
              registry evaluate mlp@3 --dataset mnist@2 --split training --format json
            """)

    @Argument(help: "mlp, mlp@3 or mlp@production.", transform: ModelReference.init(typed:))
    var model: ModelReference

    @Option(help: "A data set, its newest version or one such as mnist@2.")
    var dataset: String

    @Option(help: "\(Split.allCases.map(\.rawValue).joined(separator: ", ")).")
    var split = Split.test

    @OptionGroup var computing: ThreadOptions

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let engine = try computing.engine()
        let store = try await database.openStore()
        let version = try store.resolve(model)
        let tested = try store.dataset(named: dataset)
        let trained = try TrainedNetwork(of: version, in: store)
        let result = try trained.evaluator(on: engine)(trained.images(of: tested, split: split, from: store))
        let name = "\(tested.description.name)@\(tested.version)"
        try Accuracy(correct: result.correct, samples: result.count, meanLoss: result.meanLoss).print(
            [("dataset", .string(name)), ("split", .string(split.rawValue))],
            line: ["data set", "\(name), \(split.rawValue), \(Quantity.count(result.count, "sample"))"], of: version,
            in: store, to: output)
    }
}

/// How a version did on some samples.
struct Accuracy {
    var correct = 0
    var samples = 0
    /// In nats.
    var meanLoss = 0.0

    /// Prints it with the interval of the accuracy.
    ///
    /// - Parameters:
    ///   - what: Which samples these are, for programs.
    ///   - line: The same for a person, with the number of samples.
    func print(
        _ what: [(key: String, value: JSONValue)], line: [String], of version: StoredVersion, in store: Store,
        to output: OutputOptions
    ) throws {
        let accuracy = try store.accuracy(correct: correct, of: samples)
        var values: [(key: String, value: JSONValue)] = [
            ("model", .string(version.model)), ("version", .integer(version.number)),
        ]
        values += what
        values += [
            ("samples", .integer(samples)), ("correct", .integer(correct)), ("accuracy", .number(accuracy.value)),
            ("accuracy_lower", .number(accuracy.lower)), ("accuracy_upper", .number(accuracy.upper)),
            ("loss", .number(meanLoss)),
        ]
        let row = Table(values)
        func decimal(_ value: Double) -> String { Quantity.decimal(value, places: 4) }
        try output.print(
            text: { screen in
                Table.facts(
                    [
                        ["version", "\(version.reference)"], line, ["accuracy", decimal(accuracy.value)],
                        ["  95 % interval", "\(decimal(accuracy.lower))–\(decimal(accuracy.upper))"],
                        ["mean loss, nats", Quantity.decimal(meanLoss, places: 5)],
                        ["misclassified", Quantity.count(samples - correct)],
                    ], on: screen)
            },
            json: .object(zip(row.keys, row.rows[0]).map { JSONValue.Member($0, $1) }), csv: row)
    }
}

extension Split: ExpressibleByArgument {}
