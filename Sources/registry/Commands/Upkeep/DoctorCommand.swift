import ArgumentParser
import FoundationEssentials
import Judgement
import NeuralNetwork
import Reporting
import Store
import Trainer

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "What this machine offers, what the program uses of it, and whether the database is sound.",
        discussion: """
            Ends with status 65 when the schema or its grants are not as the migrations left them; registry db migrate puts
            views, functions and grants right.

            REGISTRY_CPU=baseline|v3|v4 forces lower instructions than the processor has; no result changes.

            Example: REGISTRY_CPU=v3 registry doctor
            """)

    @Flag(help: "Also compute every count and sum in the database again. Reads all of it.")
    var deep = false

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let engine = try Engine.chosen(by: environment)
        let facts: KeyedValues = [
            ("registry", .string(Registry.version)),
            ("processor", .string(Machine.processor)),
            ("instructions", .string(engine.instructionSet)),
            ("instructions_possible", .array(Engine.instructionSets.map { .string($0) })),
            ("threads", .integer(engine.threads)),
            ("home", .string(try RegistryHome.path(environment: environment).string)),
        ]
        let store: Store
        do {
            store = try await database.openStore()
        } catch {
            // What needs no server is shown in any case.
            try show(facts)
            throw error
        }
        let examination = try Examination(of: store, deep: deep)
        try show(facts + examination.facts, findings: examination.findings, contents: examination.contents)
        guard examination.wrong == 0 else { throw ChangedSchema(findings: examination.wrong) }
        guard examination.violated == 0 else { throw InconsistentContents(statements: examination.violated) }
    }

    private typealias KeyedValues = [(key: String, value: JSONValue)]

    private func show(
        _ facts: KeyedValues, findings: Table = Table(keys: [], rows: []), contents: Table? = nil
    ) throws {
        let table = Table(
            keys: facts.map(\.key), rows: [facts.map(\.value)],
            styles: ["oldest_transaction_seconds": .duration, "notification_queue_usage": .percent],
            titles: ["oldest_transaction_seconds": "oldest transaction"])
        let answer = table.firstObject + ["findings": findings.json]
        let found = findings.rows + (contents?.rows ?? [])
        try output.print(
            text: { screen in
                let parts = [findings, contents].compactMap { $0 }.filter { !$0.rows.isEmpty }
                return parts.reduce(Table.facts(table.transposedLines(), on: screen)) {
                    "\($0)\n\($1.text(on: screen))"
                }
            },
            json: contents.map { answer + ["contents": $0.json] } ?? answer,
            csv: Table(
                keys: ["name", "value"],
                rows: facts.map { [.string($0.key), $0.value] } + found.map { [$0[$0.count - 2], $0[$0.count - 1]] }))
    }
}

/// The schema or its grants are not as the migrations left them.
struct ChangedSchema: Failure {
    let findings: Int

    var exitStatus: ExitStatus { .badInput }
    var description: String {
        "The schema is not as its last migration left it (\(findings) \(findings == 1 ? "finding" : "findings") above). "
            + "Views, functions and grants are put right by: registry db migrate. Whatever else is missing must be made "
            + "again, or a backup restored."
    }
}
