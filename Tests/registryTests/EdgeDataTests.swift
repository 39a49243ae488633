import Foundation
import PostgreSQL
import TestData
import Testing

@Suite("Data at the edges: few samples, many classes, classes that others do not have")
struct EdgeDataTests {
    /// A folder of four IDX files with images of 4 × 4 pixels, whose brightness says their class.
    private static func folder(training: [UInt8], test: [UInt8]) throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "registry-test-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (part, labels) in [("train", training), ("t10k", test)] {
            let pixels = labels.enumerated().flatMap { index, label in
                (0..<16).map { UInt8((Int(label) * 2 + index % 3 + $0) % 256) }
            }
            try Data(FormFile.idx([labels.count, 4, 4], pixels)).write(
                to: folder.appending(path: "\(part)-images-idx3-ubyte"))
            try Data(FormFile.idx([labels.count], labels)).write(
                to: folder.appending(path: "\(part)-labels-idx1-ubyte"))
        }
        return folder
    }

    private static func importing(
        _ program: Program, _ name: String, classes: String, training: [UInt8], test: [UInt8]
    ) async throws {
        let folder = try folder(training: training, test: test)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await program.succeed("dataset", "import", name, folder.path, "--class-names", classes)
    }

    @Test("versions that learned other classes and were tested on the same samples are shown side by side")
    func otherClasses() async throws {
        let program = try await Program.onNewDatabase()
        let test: [UInt8] = [0, 1, 0, 1, 0, 1]
        try await Self.importing(
            program, "two", classes: "even,odd", training: (0..<20).map { $0 % 2 }, test: test)
        // Nearly all that it learns is the third class, so that it takes all test samples for it.
        try await Self.importing(
            program, "three", classes: "even,odd,neither", training: [0, 1] + [UInt8](repeating: 2, count: 198),
            test: test)
        for dataset in ["two", "three"] {
            try await program.succeed(
                "train", "mlp", "--dataset", dataset, "--name", dataset, "--epochs", "20", "--learning-rate", "0.1",
                "--quiet")
        }
        let predicted = try program.connect().query(
            "select distinct predicted_name from analysis.misclassified_sample where model = 'three'"
        ).map { try $0["predicted_name"] as String }
        try #require(predicted == ["neither"])
        let hardest = try await program.succeed("hardest", "--dataset", "two", "--model", "three", "--format", "json")
        let samples = try #require((try hardest.json() as? [String: Any])?["samples"] as? [[String: Any]])
        #expect(samples.count == 6 && samples.allSatisfy { $0["predicted_name"] as? String == "neither" })
        let page = FileManager.default.temporaryDirectory.appending(path: "registry-test-\(UUID()).html")
        defer { try? FileManager.default.removeItem(at: page) }
        try await program.succeed("report", "two", "three", "--output", page.path)
        #expect(try String(contentsOf: page, encoding: .utf8).contains("<th scope=\"row\">neither</th>"))
    }

    @Test(
        "names of classes have one rule, as a flag and in a file",
        arguments: [
            (["a", "b\u{1B}[31m"], "control characters"), (["a", String(repeating: "b", count: 201)], "200 bytes"),
            (["caf\u{E9}", "cafe\u{301}"], "is there twice"), (["a", "", "b"], "class 1 is empty"),
            (["a"], "names 1 class;"),
        ])
    func classNames(names: [String], fault: String) async throws {
        let program = try await Program.onNewDatabase()
        let folder = try Self.folder(training: [0, 1], test: [0, 1])
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "names.txt")
        try Data(names.joined(separator: "\n").utf8).write(to: file)
        let flags = [["--class-names", names.joined(separator: ",")], ["--classes", file.path]]
        for (options, status) in zip(flags, [Int32(64), 65]) {
            let result = try await program.run(["dataset", "import", "x", folder.path] + options)
            #expect(result.status == status, "\(options)")
            #expect(result.errorLines.first?.contains(fault) == true, "\(result.errors)")
        }
    }

    @Test("a split that is not there is said to be missing")
    func absentSplit() async throws {
        let program = try await Program.withSmallDataset()
        try await program.succeed("train", "mlp", "--dataset", "small", "--epochs", "1", "--quiet")
        for command in [
            ["dataset", "drift", "small:training", "small:validation"],
            ["dataset", "inspect", "small", "--validation"],
            ["evaluate", "mlp", "--dataset", "small", "--split", "validation"],
        ] {
            let result = try await program.run(command)
            #expect(result.status == 66, "\(command)")
            #expect(result.errorLines.first?.contains("small@1 has no validation split.") == true, "\(result.errors)")
        }
    }

    @Test("one test sample is one everywhere")
    func oneTestSample() async throws {
        let program = try await Program.onNewDatabase()
        try await Self.importing(
            program, "one", classes: "even,odd", training: (0..<20).map { $0 % 2 }, test: [1])
        try await program.succeed("train", "mlp", "--dataset", "one", "--epochs", "1", "--quiet")
        try await program.succeed("alias", "mlp", "production")
        for command in [
            ["errors", "mlp"], ["hardest", "--dataset", "one"], ["dataset", "drift", "one"], ["retrain"],
            ["compare", "mlp@1", "mlp@2"], ["robustness", "mlp", "--only", "blur"],
        ] {
            let result = try await program.run(command)
            #expect(result.status == 0, "\(command): \(result.errors)")
            #expect(!result.output.contains(/\b1 (test samples|epochs|versions)/), "\(command): \(result.output)")
        }
    }

    @Test("a page about many classes has their commonest confusions, and no matrix of all")
    func manyClasses() async throws {
        let program = try await Program.onNewDatabase()
        let labels = (0..<101).map { UInt8($0) }
        try await Self.importing(
            program, "many", classes: labels.map { "c\($0)" }.joined(separator: ","), training: labels, test: labels)
        try await program.succeed("train", "mlp", "--dataset", "many", "--epochs", "1", "--quiet")
        let page = FileManager.default.temporaryDirectory.appending(path: "registry-test-\(UUID()).html")
        defer { try? FileManager.default.removeItem(at: page) }
        try await program.succeed("report", "mlp", "--output", page.path)
        let text = try String(contentsOf: page, encoding: .utf8)
        #expect(text.contains("The commonest confusions, of 101 classes.") && !text.contains("class=\"matrix\""))
        try await program.succeed("train", "mlp", "--dataset", "many", "--epochs", "1", "--quiet")
        for command in [
            ["show", "mlp"], ["hardest", "--dataset", "many", "--limit", "0"], ["dataset", "show", "many"],
            ["dataset", "drift", "many"], ["dataset", "inspect", "many", "--limit", "0"],
            ["compare", "mlp@1", "mlp@2"],
        ] {
            let answer = try await program.run(command).output
            #expect(answer.contains("\n… 1 more in JSON and CSV\n"), "\(command): \(answer)")
        }
        // A class of one training image has no usual deviation: nothing can be said to deviate from it.
        let categories = try await program.run("errors", "mlp", "--format", "csv", "--table", "categories").output
        #expect(categories.split(whereSeparator: \.isNewline).count == 1, "\(categories)")
    }
}
