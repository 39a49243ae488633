import ArgumentParser
import Store

struct AliasCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alias",
        abstract: "Give a model version a name such as production.",
        discussion: """
            The version is then written mlp@production. “registry retrain” moves production by itself.

            Examples:
              registry alias mlp@3 production
              registry alias mlp production --remove
            """)

    @Argument(
        help: "mlp (the newest version), mlp@3 or, by another alias, mlp@candidate.",
        transform: ModelReference.init(typed:))
    var model: ModelReference

    @Argument(help: "The alias: letters a to z, digits, “.”, “_” and “-”, a letter first, and no v2, latest or newest.")
    var alias: String

    @Flag(help: "Remove the alias.")
    var remove = false

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        if let fault = Names.fault(inAlias: alias) { throw ValidationError(fault) }
        guard !remove || model.selector == .newest else {
            throw ValidationError("--remove takes the model alone: registry alias \(model.model) \(alias) --remove")
        }
    }

    func run() async throws {
        let store = try await database.openStore()
        if remove {
            // Says in one line what is missing: the model, a version, the alias.
            _ = try store.resolve(ModelReference(model: model.model, selector: .alias(alias)))
            _ = try store.remove(alias: alias, of: model.model)
            Terminal.tell("Removed \(model.model)@\(alias).")
        } else {
            let version = try store.resolve(model)
            try store.set(alias: alias, to: version)
            Terminal.tell("\(version.model)@\(alias) is \(version.reference).")
        }
    }
}
