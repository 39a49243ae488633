import ArgumentParser
import Judgement
import Reporting
import Store

struct ModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "All model versions with their test results.",
        discussion: """
            \(Loss.meaning)

            Example: registry models --dataset mnist --sort accuracy --limit 5
            """)

    @Option(help: "Only the versions of this model.")
    var model: String?

    @Option(help: "Only versions that learned from this data set, or were tested on it: mnist, or mnist@2.")
    var dataset: String?

    @Option(help: "Sort by model, accuracy, loss, date or dataset.")
    var sort = Store.VersionOrder.model

    @Option(parsing: .unconditional, help: "How many to show. Default: all.")
    var limit: Int?

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        try checkNames(dataset)
        try model.map(checkNewName)
        if let limit, limit < 0 { throw ValidationError("--limit must not be negative.") }
    }

    func run() async throws {
        let rows = try await database.openStore().modelVersions(of: model, on: dataset, by: sort, limit: limit)
        if rows.isEmpty, limit != 0 {
            let start = FirstTraining(model: model, dataset: dataset)
            Terminal.tell(
                model == nil && dataset == nil
                    ? "No model has been trained yet. Start with: \(start)"
                    : "There is no such version. Train one with: \(start)")
        }
        let hasProducers = try rows.contains { row in try (row["producer"] as String?) != nil }
        let dispensable = ["seconds_per_epoch", "run", "epochs", "parameters", "registered_at"]
        try output.print(
            try Table(
                rows, styles: ["origin": .hidden, "producer": hasProducers ? .plain : .hidden],
                titles: ["producer": "predictions of"],
                dispensable: dispensable.filter { sort != .date || $0 != "registered_at" }))
    }
}

struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "All trainings, the newest first.",
        discussion: "Example: registry runs --model cnn --limit 5")

    @Option(help: "Only the runs of this model.")
    var model: String?

    @Option(help: "Only the runs on this data set: mnist, or mnist@2.")
    var dataset: String?

    @OptionGroup var limit: LimitOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        try checkNames(dataset)
        try model.map(checkNewName)
    }

    func run() async throws {
        let store = try await database.openStore()
        let rows = try store.runs(of: model, on: dataset, limit: limit.limit)
        if rows.isEmpty, limit.limit != 0 {
            if dataset == nil, let model, try store.hasVersions(of: model) {
                Terminal.tell(
                    "\(model) was not trained here: it was imported. See: registry models --model \(model)"
                )
            } else {
                let start = FirstTraining(model: model, dataset: dataset)
                Terminal.tell("There is no such run. Start one with: \(start)")
            }
        }
        try output.print(try Table(rows))
    }
}

extension Store.VersionOrder: ExpressibleByArgument {}
