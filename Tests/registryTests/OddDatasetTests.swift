import Foundation
import PostgreSQL
import TestData
import Testing

/// Data sets that are right in form, and of which little or nothing can be learned: each command does its work, or says in
/// one line why there is none.
@Suite("Odd data sets")
struct OddDatasetTests {
    struct Odd: CustomTestStringConvertible {
        let testDescription: String
        let height: Int
        let width: Int
        var training = 6
        var test = 4
        var classNames: [String] = []
        /// Of a sample, by its position.
        let label: @Sendable (Int) -> UInt8
        /// Of a sample, by its position and the pixel's.
        let pixel: @Sendable (Int, Int) -> UInt8
        /// Whether intensities differ, so that there is a deviation to divide by.
        var differs = true

        /// Its four files.
        func write(to folder: ImportFolder) throws {
            for (name, count) in [("train", training), ("t10k", test)] {
                let pixels = (0..<count).flatMap { sample in (0..<height * width).map { pixel(sample, $0) } }
                try folder.write(
                    FormFile.idx([count, height, width], pixels), as: "\(name)-images-idx3-ubyte")
                try folder.write(FormFile.idx([count], (0..<count).map(label)), as: "\(name)-labels-idx1-ubyte")
            }
        }
    }

    @Sendable private static func varied(_ sample: Int, _ pixel: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: sample * 37 + pixel * 11)
    }

    private static let all = [
        Odd(
            testDescription: "one sample in each half", height: 4, width: 4, training: 1, test: 1, label: { _ in 0 },
            pixel: varied),
        Odd(
            testDescription: "all black", height: 4, width: 4, label: { UInt8($0 % 3) }, pixel: { _, _ in 0 },
            differs: false),
        Odd(
            testDescription: "all white", height: 4, width: 4, label: { UInt8($0 % 3) }, pixel: { _, _ in 255 },
            differs: false),
        Odd(
            testDescription: "one image with every label", height: 4, width: 4, label: { UInt8($0 % 3) },
            pixel: { varied(0, $1) }),
        Odd(
            testDescription: "one bright pixel in one image", height: 4, width: 4, label: { UInt8($0 % 2) },
            pixel: { $0 == 0 && $1 == 5 ? 1 : 0 }),
        Odd(
            testDescription: "one pixel an image", height: 1, width: 1, label: { UInt8($0 % 2) },
            pixel: { sample, _ in UInt8(sample * 40) }),
        Odd(testDescription: "one row", height: 1, width: 64, label: { UInt8($0 % 2) }, pixel: varied),
        Odd(testDescription: "one column", height: 64, width: 1, label: { UInt8($0 % 2) }, pixel: varied),
        Odd(
            testDescription: "a class that is trained and never tested", height: 8, width: 8, training: 9, test: 2,
            label: { UInt8($0 % 3) }, pixel: varied),
        Odd(
            testDescription: "a class that is tested and never trained", height: 8, width: 8, training: 2, test: 9,
            label: { UInt8($0 % 3) }, pixel: varied),
        Odd(
            testDescription: "classes with odd names", height: 8, width: 8,
            classNames: [
                "<b>", "a\u{301}", "\u{202E}abc", "=1+1", "\"", "👩‍👩‍👧", "' or 1=1", String(repeating: "n", count: 200),
            ],
            label: { UInt8($0 % 8) }, pixel: varied),
    ]

    private static let reading = [
        "show a", "errors a", "predictions a", "curve a b", "compare a b", "hardest --dataset odd",
        "robustness a --only blur",
        "robustness a --only rotation", "evaluate a --dataset odd --split training", "dataset show odd",
        "dataset inspect odd", "dataset drift odd", "models", "runs", "doctor --deep",
    ]

    @Test("are trained, tested, compared, shown and exported, and the database stays consistent", arguments: all)
    func commands(odd: Odd) async throws {
        let folder = try ImportFolder()
        try odd.write(to: folder)
        let program = try await Program.onNewDatabase()
        try await program.succeed(
            ["dataset", "import", "odd", folder.url.path]
                + (odd.classNames.isEmpty ? [] : ["--class-names", odd.classNames.joined(separator: ",")]))
        let plain = odd.differs ? [] : ["--no-standardize"]
        let train = ["train", "mlp", "--dataset", "odd", "--epochs", "2", "--quiet"]
        if !odd.differs {
            let refused = try await program.run(train)
            #expect(refused.status == 65 && refused.errorLines.count == 1, "\(refused.errors)")
        }
        try await program.succeed(train + plain + ["--name", "a"])
        try await program.succeed(train + plain + ["--name", "b", "--optimizer", "adam", "--batch-size", "1"])
        // Convolutions do not fit into images of a few pixels.
        let small = try await program.run(["train", "cnn", "--dataset", "odd", "--epochs", "1"])
        #expect(small.status == 65 && small.errorLines.count == 1, "\(small.errors)")
        try await program.succeed("alias", "a", "production")
        let again = try await program.run("retrain", "--force")
        #expect([0, 10].contains(again.status), "\(again.errors)")
        for line in Self.reading {
            for format in line.hasPrefix("curve") ? ["table"] : ["table", "json"] {
                let command = line.split(separator: " ").map(String.init) + ["--format", format]
                let result = try await program.run(command)
                #expect(result.status == 0 && !result.output.isEmpty, "\(command): \(result.status) \(result.errors)")
                if format == "json" { _ = try result.json() }
            }
        }
        for (command, file) in [
            (["export", "a"], "a.onnx"), (["export", "b"], "b.safetensors"),
            (["report", "a", "b", "--output"], "r.html"),
        ] {
            let path = folder.url.appending(path: file).path
            try await program.succeed(command + [path])
            #expect(try Data(contentsOf: URL(filePath: path)).count > 100)
        }
    }
}
