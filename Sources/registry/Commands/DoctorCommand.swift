import ArgumentParser
import FoundationEssentials
import NeuralNetwork
import PostgreSQL
import Reporting
import Store
import Trainer

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "What this machine has, what the program makes of it, and whether the database answers.",
        discussion: """
            REGISTRY_CPU=baseline|v3|v4 forces lower instructions than the processor has; no result changes.

            Example: REGISTRY_CPU=v3 registry doctor
            """)

    @Flag(help: "Also compute every count and sum in the database again. Reads all of it.")
    var deep = false

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let engine = try Engine.chosen(by: environment)
        // What needs no server is told first, in case that none answers.
        try Terminal.write(
            Table.facts(
                [
                    ["registry", Registry.version],
                    ["processor", Machine.processor],
                    [
                        "instructions",
                        "\(engine.instructionSet) (this processor can run "
                            + "\(Engine.instructionSets.joined(separator: ", ")))",
                    ],
                    ["threads", "\(engine.threads), one a physical core"],
                    ["home", try RegistryHome.path(environment: environment).string],
                ], on: .terminal))
        let connection = try Connection(try database.address().connectionString())
        let version = connection.serverVersion
        try Terminal.write("database      PostgreSQL \(version / 10_000).\(version % 10_000), answers\n")
        guard deep else { return }
        let differences = try await database.openStore().differences()
        try Terminal.write("\n\(try Table(differences).text(on: .terminal))")
        let violated = try differences.count { try $0["differing"] as Int > 0 }
        guard violated == 0 else { throw InconsistentContents(statements: violated) }
    }
}
