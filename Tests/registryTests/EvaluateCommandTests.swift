import Foundation
import PostgreSQL
import Testing

@Suite("registry evaluate")
struct EvaluateCommandTests {
    private struct Answer: Decodable {
        let split: String
        let samples: Int
        let correct: Int
        let accuracy: Double
        let accuracy_lower: Double
        let accuracy_upper: Double
        let loss: Double
    }

    private func answer(_ program: Program, _ arguments: String...) async throws -> Answer {
        let result = try await program.run(["evaluate", "undisturbed", "--format", "json"] + arguments)
        #expect(result.status == 0, "\(arguments): \(result.errors)")
        return try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
    }

    @Test("its own test gives what the training's end gave, and so do the same classes in another order")
    func ownTest() async throws {
        let program = try await Disturbed.onNewDatabase(epochs: 2).program
        let reversed = try await Disturbed.smallFolder { 9 - $0 }
        try await program.succeed(
            "dataset", "import", "reversed", reversed.path, "--class-names", "9,8,7,6,5,4,3,2,1,0", "--quiet")
        let stored = try program.connect().query(
            """
            select test_correct, test_samples, test_accuracy, test_accuracy_lower, test_accuracy_upper, test_loss
              from analysis.model_version
            """)[0]
        for dataset in ["small", "small@1", "reversed"] {
            let found = try await answer(program, "--dataset", dataset)
            #expect(found.correct == (try stored["test_correct"]))
            #expect(found.samples == (try stored["test_samples"]))
            #expect(found.accuracy == (try stored["test_accuracy"]))
            #expect(found.accuracy_lower == (try stored["test_accuracy_lower"]))
            #expect(found.accuracy_upper == (try stored["test_accuracy_upper"]))
            #expect(found.loss == (try stored["test_loss"]), "\(dataset)")
        }
        let training = try await answer(program, "--dataset", "small", "--split", "training")
        #expect(training.samples == 3000 && training.split == "training")
        let text = try await program.succeed("evaluate", "undisturbed", "--dataset", "reversed").output
        #expect(text.contains("reversed@1, test, 500 samples") && text.contains("95 % interval"))
        let evaluations: Int = try program.connect().query("select count(*) as rows from registry.evaluation")[0][
            "rows"]
        #expect(evaluations == 0, "nothing is stored")
    }

    @Test("other classes, other sizes and what is not there are refused with the reason")
    func refused() async throws {
        let program = try await Program.withSmallDataset()
        try await program.succeed("train", "mlp", "--dataset", "small", "--epochs", "1", "--quiet")
        let digits = try await Disturbed.smallFolder(training: 100, test: 50)
        try await program.succeed("dataset", "import", "digits", digits.path, "--quiet")
        func refusal(_ arguments: String...) async throws -> (status: Int32, line: String) {
            let result = try await program.run(["evaluate"] + arguments)
            #expect(result.output.isEmpty && result.errorLines.count == 1, "\(result.errors)")
            return (result.status, result.errors)
        }
        let shape = try await refusal("mlp", "--dataset", "digits")
        #expect(shape.status == 65 && shape.line.contains("has images of 1 × 28 × 28"), "\(shape.line)")
        let split = try await refusal("mlp", "--dataset", "small", "--split", "validation")
        #expect(split.status == 66 && split.line.contains("small@1 has no validation split"), "\(split.line)")
        let dataset = try await refusal("mlp", "--dataset", "small@7")
        #expect(dataset.status == 66 && dataset.line.contains("small@7"), "\(dataset.line)")
        #expect(try await refusal("cnn", "--dataset", "small").status == 66)

        try await program.succeed("train", "mlp", "--name", "d", "--dataset", "digits", "--epochs", "1", "--quiet")
        try await program.succeed(
            "dataset", "import", "letters", digits.path, "--class-names", "0,1,2,3,4,5,6,7,8,x", "--quiet")
        let classes = try await refusal("d", "--dataset", "letters")
        #expect(classes.status == 65 && classes.line.contains("a class “x”, which d@1 was not trained on"))
        // What it says to type makes the version that it lacks.
        let advice = try #require(classes.line.firstMatch(of: /registry (train .*)\n/)).1.split(separator: " ")
        #expect(try await program.run(advice.map(String.init) + ["--epochs", "1", "--quiet"]).output == "d@2\n")
        #expect(try await program.run("evaluate", "d", "--dataset", "letters").status == 0)
    }
}
