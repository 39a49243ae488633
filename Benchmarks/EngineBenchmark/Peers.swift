import FoundationEssentials
import Subprocess
import SystemPackage

/// The same trainings in other engines, where they are installed: `PYTHON` says which interpreter has them.
struct Peer: Sendable {
    let name: String
    let module: String
    let script: String

    static let torch = Peer(name: "PyTorch", module: "torch", script: "torch_epochs.py")
    static let jax = Peer(name: "JAX", module: "jax", script: "jax_epochs.py")

    private static let folder = FilePath(#filePath).removingLastComponent().appending("../peers").lexicallyNormalized()
    private static let python = ProcessInfo.processInfo.environment["PYTHON"] ?? "python3"

    /// `nil` when it is not installed.
    func version() async -> String? {
        let lines = await Self.run(["-c", "import \(module); print(\(module).__version__)"])
        return lines?.last
    }

    /// Seconds of each epoch; the first, which may include compilation, is left out.
    func epochs(of model: String, count: Int, data: FilePath) async -> [Double] {
        let script = Self.folder.appending(script).string
        let lines = await Self.run([script, model, "\(count + 1)", data.string]) ?? []
        return lines.compactMap { Double($0) }.dropFirst().map { $0 }
    }

    private static func run(_ arguments: [String]) async -> [String]? {
        let result = try? await Subprocess.run(
            .name("env"), arguments: Arguments([python] + arguments), output: .string(limit: 1 << 20), error: .discarded
        )
        guard let result, result.terminationStatus.isSuccess else { return nil }
        return result.standardOutput.split(separator: "\n").map(String.init)
    }
}
