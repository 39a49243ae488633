import Foundation
import Testing

/// Python with NumPy and, where they are installed, scikit-learn and PyTorch.
enum Python {
    private static let project = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        .standardized

    /// Runs a script with what the scripts install into `.build`, by the interpreter that `PYTHON` names.
    static func run(_ script: String, _ arguments: String...) async throws -> Program.Result {
        var environment = ProcessInfo.processInfo.environment
        environment["PYTHONPATH"] = ["scikit-learn", "python"].map { project.appending(path: ".build/\($0)").path }
            .joined(separator: ":")
        let interpreter = environment["PYTHON"] ?? "python3"
        return try await Program(environment: environment)
            .start("/usr/bin/env", arguments: [interpreter, "-c", script] + arguments).end()
    }

    /// The pieces of Python in a section of the document on models from outside.
    static func linesOfDocument(_ section: String = "Predictions") throws -> [String] {
        let document = project.appending(path: "Documentation/outside.md")
        let sections = try String(contentsOf: document, encoding: .utf8).split(separator: "\n## ")
        let text = try #require(sections.first { $0.hasPrefix("\(section)\n") })
        return text.matches(of: /```python\n((?:.|\n)*?)```/).map { String($0.1) }
    }
}

/// Accuracies and losses that other programs find for their own predictions, and those that are found here.
@Suite("Predictions of scikit-learn and PyTorch")
struct PeerTests {
    /// Runs the document's example in the program's home, and more behind it that writes a file of predictions.
    ///
    /// - Parameter script: Prints the accuracy and the loss.
    private static func check(_ file: String, _ script: String) async throws {
        let program = try await Program.onNewDatabase()
        let home = try #require(program.environment["HOME"])
        let lines = ["import os, sys", "os.chdir(sys.argv[1])"] + (try Python.linesOfDocument()) + [script]
        let result = try await Python.run(lines.joined(separator: "\n"), home)
        try #require(result.status == 0, "\(result.errors)")
        let expected = result.output.split(separator: "\n").suffix(2).compactMap { Double($0) }
        try #require(expected.count == 2, "\(result.output)")

        try await program.succeed("dataset", "import", "digits", "\(home)/digits.npz", "--quiet")
        try await program.succeed("train", "mlp", "--dataset", "digits", "--epochs", "2", "--quiet")
        try await program.succeed(
            "import", "peer", "--predictions", "\(home)/\(file)", "--dataset", "digits", "--quiet")
        let answer = try await program.succeed("compare", "mlp", "peer", "--format", "json").json() as? [String: Any]
        let peer = try #require((answer?["models"] as? [[String: Any]])?.last)
        #expect(peer["test_samples"] as? Int == 540)
        #expect(abs(try #require(peer["test_accuracy"] as? Double) - expected[0]) < 1e-6)
        #expect(abs(try #require(peer["test_loss"] as? Double) - expected[1]) < 1e-6)
        let pair = try #require((answer?["pairs"] as? [[String: Any]])?.first)
        let correct = try #require(pair["both_correct"] as? Int) + #require(pair["only_b_correct"] as? Int)
        #expect(Double(correct) == (expected[0] * 540).rounded())
    }

    @Test(
        "a classifier of scikit-learn, by the lines of the document",
        .enabled("needs scikit-learn, which scripts/install-scikit-learn installs") {
            try await Python.run("import sklearn").status == 0
        })
    func scikitLearn() async throws {
        try await Self.check(
            "logistic.npz",
            """
            print(repr(float(accuracy_score(y_test, probabilities.argmax(axis=1)))))
            print(repr(float(log_loss(y_test, probabilities))))
            """)
    }

    @Test(
        "a convolutional network of PyTorch",
        .enabled("run by make test-peers, with PyTorch") {
            guard ProcessInfo.processInfo.environment["PEERS"] != nil else { return false }
            return try await Python.run("import sklearn, torch").status == 0
        })
    func pytorch() async throws {
        try await Self.check(
            "cnn.npz",
            """
            import torch
            torch.manual_seed(1)
            def batch(images):
                return torch.tensor(images, dtype=torch.float32).unsqueeze(1) / 255
            network = torch.nn.Sequential(
                torch.nn.Conv2d(1, 16, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Flatten(),
                torch.nn.Linear(256, 10))
            optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
            for _ in range(40):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(network(batch(x_train)), torch.tensor(y_train)).backward()
                optimizer.step()
            logits = network(batch(x_test)).detach()
            write("cnn.npz", x_test, y_test, probabilities=logits.softmax(dim=1).numpy())
            print((logits.argmax(dim=1) == torch.tensor(y_test)).double().mean().item())
            print(torch.nn.functional.cross_entropy(logits.double(), torch.tensor(y_test)).item())
            """)
    }
}
