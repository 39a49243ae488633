import ArgumentParser
import FoundationEssentials
import NeuralNetwork
import Trainer

/// `--threads`, for every command that computes by itself.
struct ThreadOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "Worker threads; the result is the same. Default: one per physical core.")
    var threads: Int?

    func validate() throws {
        guard (1...1024).contains(threads ?? 1) else {
            throw ValidationError("--threads must be between 1 and 1,024.")
        }
    }

    func engine() throws -> Engine {
        try Engine.chosen(by: ProcessInfo.processInfo.environment, threads: threads)
    }
}
