import ArgumentParser
import Judgement
import Reporting
import Store

struct PredictionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predictions",
        abstract: "What a model version predicts for the first test samples.",
        discussion: "Example: registry predictions cnn --limit 40")

    @Argument(help: "mlp, mlp@3 or mlp@production.", transform: ModelReference.init(typed:))
    var model: ModelReference

    @OptionGroup var limit: LimitOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let store = try await database.openStore()
        let version = try store.resolve(model)
        let samples = try store.predictions(of: version, limit: limit.limit)
        let table = try Table(samples)
        let pictures = try samples.decoded(as: PredictedSample.self).map { one in
            let correction = one.isCorrect ? "" : " (is \(one.sample.className))"
            return try DigitPicture(one.sample, captions: ["#\(one.sample.index): \(one.predictedName)" + correction])
        }
        try output.print(
            text: { screen in
                """
                \(version.reference) on the first \(Quantity.count(samples.count, "test sample")): prediction, and the \
                class where it is another

                \(DigitPicture.grid(pictures, on: screen))
                """
            },
            json: [
                "model": .string(version.model), "version": .integer(version.number), "samples": table.json,
            ],
            csv: table)
    }
}
