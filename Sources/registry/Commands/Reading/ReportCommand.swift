import ArgumentParser
import Judgement
import Reporting
import Store

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "One page with all that is known of model versions: data, curves, errors, comparison.",
        discussion: """
            The page needs no network and no script, and can be printed.

            Example: registry report mlp cnn --output report.html
            """)

    @Argument(
        help: ArgumentHelp(
            "Up to \(Comparison.mostVersions) of mlp, mlp@3, mlp@production. Default: the newest of every model."),
        transform: ModelReference.init(typed:))
    var models: [ModelReference] = []

    @Option(help: "The file to write.", completion: .file(extensions: ["html"]))
    var output = "report.html"

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard hasExtension(output, ["html", "htm"]) else {
            throw ValidationError("“\(output)” must end in .html or .htm.")
        }
    }

    func run() async throws {
        try checkCount(ofCompared: models.count)
        let store = try await database.openStore()
        let references = try models.isEmpty ? store.newestVersions() : models
        try checkCount(ofCompared: references.count)
        let versions = try references.map { try store.resolve($0) }
        guard !versions.isEmpty else { throw NothingTrained() }
        let page = try ReportPage(of: versions, in: store).page()
        let bytes = Array(page.html.description.utf8)
        try writeFile(bytes, to: output)
        Terminal.tell("\(page.title) → \(output), \(Quantity.count(bytes.count, "byte"))")
    }
}

/// There is no model version to report.
struct NothingTrained: Failure {
    var exitStatus: ExitStatus { .notFound }
    var description: String { "No model has been trained yet. Start with: registry train mlp" }
}
