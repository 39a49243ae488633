import ArgumentParser
import FoundationEssentials
import NeuralNetwork
import Samples

/// What a built-in network adapts itself to.
struct ArchitectureOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "Classes of the data set.")
    var classes = 10

    @Option(parsing: .unconditional, help: "Channels of its images.")
    var channels = 1

    @Option(parsing: .unconditional, help: "Rows of its images, in pixels.")
    var height = 28

    @Option(parsing: .unconditional, help: "Columns of its images, in pixels.")
    var width = 28

    func validate() throws {
        guard (2...32_768).contains(classes) else { throw ValidationError("--classes must be between 2 and 32,768.") }
        for (name, size) in [("channels", channels), ("height", height), ("width", width)] {
            guard (1...65_536).contains(size) else { throw ValidationError("--\(name) must be between 1 and 65,536.") }
        }
    }

    /// - Parameter name: Of a built-in network, or a path.
    func architecture(_ name: String) throws -> Architecture {
        let shape = ImageShape(channels: channels, height: height, width: width)
        return try Architecture.builtIn(name, input: shape, classes: classes) ?? describedArchitecture(name)
    }
}

/// The architecture in a file.
func describedArchitecture(_ path: String) throws -> Architecture {
    guard FileManager.default.fileExists(atPath: path) else { throw UnknownArchitecture(name: path) }
    return try Architecture(json: readFile(path, limit: 16 << 20))
}

/// Neither a built-in network nor a file.
struct UnknownArchitecture: Failure {
    let name: String

    var exitStatus: ExitStatus { .notFound }
    var description: String {
        "“\(name)” is neither a built-in network (\(Architecture.builtInNames.joined(separator: ", "))) "
            + "nor a file with an architecture in JSON."
    }
}
