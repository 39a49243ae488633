import ArgumentParser
import NeuralNetwork
import Store
import Trainer

/// How pixels become the input of a network that was trained elsewhere.
struct StandardizationOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: """
            Mean of the intensities, scaled to 0…1, in the network's training; of colours one a channel: 0.485,0.456,0.406. \
            Default: the data set's.
            """,
        transform: ChannelNumbers.init(typed:))
    var mean: ChannelNumbers?

    @Option(
        parsing: .unconditional, help: "Their standard deviation, likewise, e.g. 0.229,0.224,0.225.",
        transform: ChannelNumbers.init(typed:))
    var std: ChannelNumbers?

    @Flag(help: "Only scale intensities to 0…1.")
    var noStandardize = false

    var isGiven: Bool { mean != nil || noStandardize }

    func validate() throws {
        guard (mean == nil) == (std == nil), mean?.values.count == std?.values.count else {
            throw ValidationError("--mean and --std go together, with as many numbers.")
        }
        guard mean == nil || !noStandardize else {
            throw ValidationError("--no-standardize does without --mean and --std.")
        }
        guard std?.values.allSatisfy({ $0 > 0 }) ?? true else { throw ValidationError("--std must be above 0.") }
    }

    /// - Returns: `nil` where intensities are only scaled to 0…1.
    func standardization(for dataset: DatasetDescription) -> Standardization? {
        guard !noStandardize else { return nil }
        guard let mean, let std else { return dataset.standardization }
        return Standardization(means: mean.values, standardDeviations: std.values)
    }
}

/// A number for all channels, or one of each with commas between.
struct ChannelNumbers: Sendable {
    let values: [Double]

    /// - Throws: `ValidationError`.
    init(typed text: String) throws {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        values = numbers.compactMap(\.self).filter(\.isFinite)
        guard values.count == numbers.count, [1, 3].contains(values.count) else {
            throw ValidationError("“\(text)” is neither a number nor three with commas between, one a channel.")
        }
    }
}
