import Foundation

enum Python {
    /// Runs a script of Python with what `scripts/install-onnxruntime` has installed, NumPy among it.
    ///
    /// - Returns: Whether it succeeded.
    static func run(_ script: String, _ arguments: String...) throws -> Bool {
        let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let python = Process()
        python.executableURL = URL(filePath: "/usr/bin/env")
        python.arguments = ["python3", "-c", script] + arguments
        python.environment = ProcessInfo.processInfo.environment.merging(
            ["PYTHONPATH": project.appending(path: ".build/python").path]
        ) { $1 }
        python.standardError = FileHandle.nullDevice
        try python.run()
        python.waitUntilExit()
        return python.terminationStatus == 0
    }
}
