import Foundation
import PostgreSQL
import Testing

/// Thirty test images with the labels 0, 1, … 9 three times. Another program gives 0.73 to its answer of each, which is wrong
/// for every seventh.
@Suite("registry calibration")
struct CalibrationCommandTests {
    private func prepared() async throws -> Program {
        let program = try await Program.withSmallDataset()
        let header = "index," + (0..<10).map { "p\($0)" }.joined(separator: ",")
        let rows = (0..<30).map { index in
            let answer = (index + (index % 7 == 0 ? 1 : 0)) % 10
            return "\(index)," + (0..<10).map { $0 == answer ? "0.73" : "0.03" }.joined(separator: ",")
        }
        try await importing("resnet", [header] + rows, into: program)
        return program
    }

    private func importing(_ name: String, _ lines: [String], into program: Program) async throws {
        let file = URL(filePath: try #require(program.environment["HOME"])).appending(path: "\(name).csv")
        try Data(lines.joined(separator: "\n").utf8).write(to: file)
        try await program.succeed("import", name, "--predictions", file.path, "--dataset", "small")
    }

    @Test("of one confidence the error is its distance from the accuracy, in every format and a drawing")
    func oneConfidence() async throws {
        let program = try await prepared()
        let arguments = ["calibration", "resnet", "--error-rate", "0.2"]
        let json = try #require(
            try await program.succeed(arguments + ["--format", "json"]).json() as? [String: Any])
        func rows(_ key: String) throws -> [[String: Any]] { try #require(json[key] as? [[String: Any]]) }
        let errors = try #require(try rows("errors").first)
        func figure(_ name: String) throws -> Double { try #require(errors[name] as? Double) }
        let accuracy = 25.0 / 30
        // Kept with 32 bits.
        #expect(try abs(figure("width_error") - (accuracy - 0.73)) < 1e-7)
        #expect(try abs(figure("brier") - (25 * 0.27 * 0.27 + 5 * 0.73 * 0.73) / 30) < 1e-7)
        #expect(try abs(figure("uncertainty") - accuracy * (1 - accuracy)) < 1e-12)
        #expect(try abs(figure("nll") - (25 * -log(0.73) + 5 * -log(0.03)) / 30) < 1e-6)
        #expect(try rows("reliability").map { $0["samples"] as? Int } == [30])
        let thresholds = try rows("thresholds")
        #expect(thresholds.count == 1 && thresholds[0]["is_shown"] as? Bool == false, "Wilson's upper end is 0.336")
        #expect(thresholds[0]["accepted"] as? Int == 30 && thresholds[0]["errors"] as? Int == 5)

        let text = try await program.succeed(arguments).output
        #expect(text.contains(/calibration error, 15 equal widths +0\.1033/) && text.contains("e to the minus loss"))
        #expect(
            try await program.succeed("calibration", "resnet").output.contains(
                "At no confidence the error rate is 1.00 % or less."))
        for table in ["errors", "reliability", "coverage", "thresholds"] {
            let csv = try await program.succeed(arguments + ["--format", "csv", "--table", table]).output
            #expect(csv.split(separator: "\r\n").count == 2 && csv.hasPrefix("model,version,"), "\(table): \(csv)")
        }
        let drawing = "\(try #require(program.environment["HOME"]))/reliability.svg"
        try await program.succeed(arguments + ["--output", drawing])
        #expect(try String(contentsOfFile: drawing, encoding: .utf8).contains("as it should be</text>"))
    }

    @Test("a version without probabilities says so; two versions stand side by side")
    func others() async throws {
        let program = try await prepared()
        try await importing("vendor", ["index,predicted"] + (0..<30).map { "\($0),\($0 % 10)" }, into: program)
        let refused = try await program.run("calibration", "resnet", "vendor")
        #expect(
            refused.status == 65 && refused.errors.contains("vendor@1: the probabilities of its answers are not known.")
        )
        try await program.succeed("train", "mlp", "--dataset", "small", "--epochs", "1", "--quiet")
        let text = try await program.succeed("calibration", "resnet", "mlp", "--bins", "5", "--equal-counts").output
        #expect(text.contains("resnet@1") && text.contains("mlp@1") && text.contains("5 equal counts"))
        #expect(try await program.run("calibration", "mlp", "--output", "reliability.pdf").status == 64)
        #expect(try await program.run(["calibration"] + Array(repeating: "mlp", count: 6)).status == 64)
    }
}
