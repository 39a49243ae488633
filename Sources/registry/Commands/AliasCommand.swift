import ArgumentParser
import Store

struct AliasCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alias",
        abstract: "Let a name such as production stand for a model version.",
        discussion: """
            The version is then written mlp@production. “registry retrain” moves production by itself.

            Examples:
              registry alias mlp@3 production
              registry alias mlp production --remove
            """)

    @Argument(help: "mlp (the newest version), mlp@3 or, by another alias, mlp@candidate.")
    var model: ModelReference

    @Argument(help: "The alias: letters, digits, “.”, “_” and “-”, a letter first.")
    var alias: String

    @Flag(help: "Remove the alias.")
    var remove = false

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard isValidName(alias), alias.first?.isLetter == true else {
            throw ValidationError("“\(alias)” is no alias: letters, digits, “.”, “_” and “-”, a letter first.")
        }
    }

    func run() async throws {
        let store = try await database.openStore()
        if remove {
            guard try store.remove(alias: alias, of: model.model) else {
                throw NotFound.modelVersion(
                    ModelReference(model: model.model, selector: .alias(alias)), newest: nil)
            }
            Terminal.tell("\(model.model)@\(alias) is no more.")
        } else {
            let version = try store.resolve(model)
            try store.set(alias: alias, to: version)
            Terminal.tell("\(version.model)@\(alias) is \(version.reference).")
        }
    }
}
