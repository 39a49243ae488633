import ArgumentParser
import FoundationEssentials
import NeuralNetwork
import Reporting
import Store
import Trainer

struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "How well a version classifies any data set, or another version of its own.",
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
        let accuracy = try store.accuracy(correct: result.correct, of: result.count)
        let name = "\(tested.description.name)@\(tested.version)"
        let row = Table([
            ("model", .string(version.model)), ("version", .integer(version.number)), ("dataset", .string(name)),
            ("split", .string(split.rawValue)), ("samples", .integer(result.count)),
            ("correct", .integer(result.correct)), ("accuracy", .number(accuracy.value)),
            ("accuracy_lower", .number(accuracy.lower)), ("accuracy_upper", .number(accuracy.upper)),
            ("loss", .number(result.meanLoss)),
        ])
        try output.print(
            text: { screen in
                Table.facts(
                    [
                        ["version", "\(version.reference)"],
                        ["data set", "\(name), \(split.rawValue), \(Quantity.count(result.count, "sample"))"],
                        ["accuracy", Quantity.decimal(accuracy.value, places: 4)],
                        [
                            "  95 % interval",
                            "\(Quantity.decimal(accuracy.lower, places: 4))–\(Quantity.decimal(accuracy.upper, places: 4))",
                        ],
                        ["mean loss, nats", Quantity.decimal(result.meanLoss, places: 5)],
                        ["misclassified", Quantity.count(result.count - result.correct)],
                    ], on: screen)
            },
            json: .object(zip(row.keys, row.rows[0]).map { JSONValue.Member($0, $1) }), csv: row)
    }
}

extension Split: ExpressibleByArgument {}
