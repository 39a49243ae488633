import ArgumentParser
import Reporting
import Store

struct PredictionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predictions",
        abstract: "What a model version predicts for the first test samples.",
        discussion: "Example: registry predictions cnn --limit 40")

    @Argument(help: "mlp, mlp@3 or mlp@production.")
    var model: ModelReference

    @OptionGroup var limit: LimitOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let store = try await database.openStore()
        let version = try store.resolve(model)
        let samples = try store.predictions(of: version, limit: limit.limit)
        let table = try Table(samples)
        try output.print(
            text: "\(version.reference) on the first \(samples.count) test samples: prediction, and the label where it "
                + "is another\n\n"
                + DigitPicture.grid(
                    samples.map { row in
                        let (index, label, predicted): (Int, Int, Int) =
                            (try row["index"], try row["label"], try row["predicted"])
                        return try DigitPicture(
                            row, captions: ["#\(index): \(predicted)" + (label == predicted ? "" : " (is \(label))")])
                    }),
            json: .object([
                JSONValue.Member("model", .string(version.model)),
                JSONValue.Member("version", .integer(version.number)),
                JSONValue.Member("samples", table.json),
            ]),
            csv: table)
    }
}
