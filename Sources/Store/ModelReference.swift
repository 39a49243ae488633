/// A model version as it is written on the command line: `mlp` (the newest), `mlp@3` (by number), `mlp@production` (by
/// alias).
package struct ModelReference: Sendable, Hashable, CustomStringConvertible {
    /// Which version of the model.
    package enum Selector: Sendable, Hashable {
        case newest
        case number(Int)
        case alias(String)
    }

    package let model: String
    package let selector: Selector

    package init(model: String, selector: Selector = .newest) {
        self.model = model
        self.selector = selector
    }

    /// - Returns: `nil` when the text is not of that form.
    package init?(_ text: String) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard Names.fault(in: parts[0]) == nil else { return nil }
        model = parts[0]
        if parts.count == 1 {
            selector = .newest
        } else if let number = Int(parts[1]) {
            // Written in one way: mlp@01 and mlp@+1 are nothing.
            guard number > 0, "\(number)" == parts[1] else { return nil }
            selector = .number(number)
        } else {
            guard Names.isAliasWord(parts[1]) else { return nil }
            selector = .alias(parts[1])
        }
    }

    package var description: String {
        switch selector {
        case .newest: model
        case .number(let number): "\(model)@\(number)"
        case .alias(let alias): "\(model)@\(alias)"
        }
    }
}
