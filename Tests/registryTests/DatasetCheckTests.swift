import Foundation
import PostgreSQL
import TestData
import Testing

@Suite("Checking data sets")
struct DatasetCheckTests {
    /// An image of 12 × 12 pixels: a bright bar and noise that no other number has.
    private static func image(_ number: Int) -> [UInt8] {
        (0..<144).map { place in
            let isBar = (place / 12 + number) % 6 < 2 + number % 3
            let noise = (place * (number * 7 + 3) + number * number * 11) % 83
            return UInt8((isBar ? 150 : 20) + noise)
        }
    }

    /// The image a column to the right.
    private static func shifted(_ image: [UInt8]) -> [UInt8] { (0..<144).map { $0 % 12 == 0 ? 0 : image[$0 - 1] } }

    private static func file(
        training: [(image: [UInt8], label: Int)], test: [(image: [UInt8], label: Int)]
    ) -> [UInt8] {
        func arrays(_ name: String, _ samples: [(image: [UInt8], label: Int)]) -> [(name: String, bytes: [UInt8])] {
            [
                ("x_\(name)", FormFile.npy("|u1", [samples.count, 12, 12], samples.flatMap(\.image))),
                (
                    "y_\(name)",
                    FormFile.npy("<i8", [samples.count], samples.flatMap { FormFile.littleEndian(Int64($0.label)) })
                ),
            ]
        }
        return FormFile.zip(arrays("train", training) + arrays("test", test))
    }

    /// 60 training samples of the classes 0 to 2, 30 test samples; every fault once.
    private static func withFaults() async throws -> Program {
        var training = (0..<60).map { (image: image($0), label: $0 % 3) }
        var test = (100..<130).map { (image: image($0), label: $0 % 3) }
        training[59].image = [UInt8](repeating: 7, count: 144)
        test[0] = (image(0), 0)
        test[1] = (shifted(image(1)), 1)
        test[2] = (image(5), 0)
        test[3] = (shifted(image(4)), 2)
        test[29] = test[28]
        for place in test.indices where test[place].label == 2 && place != 3 { test[place].label = 1 }
        let folder = try ImportFolder()
        try folder.write(file(training: training, test: test), as: "faults.npz")
        let program = try await Program.onNewDatabase()
        let told = try await program.succeed(
            "dataset", "import", "faults", folder.url.appending(path: "faults.npz").path
        ).errorLines
        #expect(
            String(told.last ?? "")
                == "It has 2 images in more than one split, 1 image with more than one label, 1 constant image. "
                + "See: registry dataset check faults@1")
        return program
    }

    @Test("every fault is found, in tables, JSON and CSV, and a second check finds the same")
    func faults() async throws {
        let program = try await Self.withFaults()
        let first = try await program.succeed("dataset", "check", "faults", "--format", "json")
        #expect(try await program.succeed("dataset", "check", "faults@1", "--format", "json").output == first.output)
        let answer = try #require(try first.json() as? [String: Any])
        #expect(answer["images"] as? Int == 87, "90 samples, three of which repeat an image")
        #expect(answer["searched"] as? Int == 86, "all but the constant one")
        func rows(_ key: String) throws -> [[String: Any]] { try #require(answer[key] as? [[String: Any]]) }
        #expect(try rows("findings").map { $0["cases"] as? Int } == [3, 1, 2, 1, 1, 0])
        #expect(try rows("findings").map { $0["test_learned"] as? Int } == [2, 1, 2, 1, nil, nil])
        let places = try rows("duplicates").map { $0["places"] as? [String] }
        #expect(places == [["training:5", "test:2"], ["training:0", "test:0"], ["test:28", "test:29"]])
        let near = try rows("near_duplicates").map { [$0["index"] as? Int, $0["of_index"] as? Int] }
        #expect(Set(near) == [[1, 1], [3, 4]])
        #expect(
            try rows("near_duplicates").allSatisfy { ($0["distance"] as? Double ?? 1) < 1e-6 }, "a shift leaves nothing"
        )
        #expect(try rows("labels").map { $0["index"] as? Int } == [2, 3])
        #expect(try rows("labels").map { $0["is_exact"] as? Bool } == [true, false])
        #expect(try rows("constant").map { $0["intensities"] as? [Int] } == [[7]])
        let stored = try program.connect().query("select count(*) as n from registry.near_duplicate")[0]["n"] as Int
        #expect(stored == 2)

        let text = try await program.succeed("dataset", "check", "faults", "--pictures", "3").output
        #expect(text.contains("faults@1: 87 different images; 1 too small or with too little contrast"))
        #expect(text.contains("training #5: 2") && text.contains("test #2: 0") && text.contains("the same"))
        #expect(!(try await program.succeed("dataset", "check", "faults", "--pictures", "0").output).contains("#5"))
        let csv = try await program.succeed("dataset", "check", "faults", "--format", "csv", "--table", "near").output
        #expect(csv.split(separator: "\r\n").count == 3)
        let short = try await program.succeed(
            "dataset", "check", "faults", "--format", "csv", "--table", "near", "--limit", "1"
        ).output
        #expect(short.split(separator: "\r\n").count == 2)
    }

    @Test("accuracies without the test samples that were learned are those of the predictions")
    func accuracies() async throws {
        let program = try await Self.withFaults()
        try await program.succeed("train", "mlp", "--dataset", "faults", "--epochs", "2", "--quiet")
        let text = try await program.succeed("dataset", "check", "faults").output
        #expect(text.contains("Accuracy with and without the 4 test samples whose image is in training"))
        let answer =
            try await program.succeed("dataset", "check", "faults", "--format", "json").json() as? [String: Any]
        let version = try #require((answer?["versions"] as? [[String: Any]])?.first)
        let right = try program.connect().query("select index from analysis.prediction where is_correct")
            .map { try $0["index"] as Int }
        #expect(version["test_correct"] as? Int == right.count)
        #expect(version["leaked_correct"] as? Int == right.count { $0 < 4 })
        #expect(version["clean_correct"] as? Int == right.count { $0 >= 4 })
        #expect(version["clean_accuracy"] as? Double == Double(right.count { $0 >= 4 }) / 26)
    }

    @Test("of a data set without faults nothing is said")
    func clean() async throws {
        let folder = try ImportFolder()
        let samples = (0..<90).map { (image: Self.image($0), label: $0 % 3) }
        try folder.write(
            Self.file(training: Array(samples[..<60]), test: Array(samples[60...])), as: "clean.npz")
        let program = try await Program.onNewDatabase()
        let told = try await program.succeed(
            "dataset", "import", "clean", folder.url.appending(path: "clean.npz").path)
        #expect(told.errorLines == ["clean@1: 60 training and 30 test samples imported."])
        let answer = try await program.succeed("dataset", "check", "clean", "--format", "json").json() as? [String: Any]
        let findings = try #require(answer?["findings"] as? [[String: Any]])
        #expect(findings.map { $0["cases"] as? Int } == [0, 0, 0, 0, 0, 0])
        let text = try await program.succeed("dataset", "check", "clean").output
        #expect(!text.contains("Near duplicates\n") && !text.contains("Under two labels"))
        let unknown = try await program.run("dataset", "check", "nosuch")
        #expect(unknown.status == 66 && unknown.errorLines.count == 1)
    }
}
