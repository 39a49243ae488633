import NeuralNetwork
import Reporting

/// The layers of an architecture, a row each.
package enum LayerTable {
    /// - Parameter architecture: `nil` where predictions were imported: the table has no rows then.
    package static func of(_ architecture: Architecture?) -> Table {
        Table(
            keys: ["layer", "type", "output", "parameters", "multiply_adds"],
            rows: (architecture?.summary() ?? []).map { layer in
                [
                    .string(layer.name), .string(layer.type), .array(layer.output.map { .integer($0) }),
                    .integer(layer.parameters), .integer(layer.multiplyAdds),
                ]
            }, styles: ["output": .sizes])
    }
}
