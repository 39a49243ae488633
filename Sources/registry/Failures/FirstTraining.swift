import NeuralNetwork

/// What to type so that a model gets a version where it has none: the words of `registry train`.
struct FirstTraining: CustomStringConvertible {
    /// The model's name; `nil` where any will do.
    var model: String?
    /// The name of its architecture, where that is known.
    var network: String?
    /// A data set's name, with or without its version; `nil` for the one that is trained on by default.
    var dataset: String?

    var description: String {
        let known = network ?? model.flatMap { Self.isBuiltIn($0) ? $0 : nil } ?? "mlp"
        // Of any other architecture only its file tells more than its name.
        let network = Self.isBuiltIn(known) ? known : "FILE"
        let name = model.flatMap { $0 == network ? nil : " --name \($0)" } ?? ""
        let place = dataset.flatMap { $0 == "mnist" ? nil : " --dataset \($0)" } ?? ""
        return "registry train \(network)\(name)\(place)"
    }

    private static func isBuiltIn(_ name: String) -> Bool { Architecture.builtInNames.contains(name) }
}
