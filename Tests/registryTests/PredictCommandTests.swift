import Foundation
import PostgreSQL
import TestData
import Testing

/// On the data set “small”, 60 and 30 images of 8 × 8 pixels, with a training of it as mlp@1.
@Suite("registry predict")
struct PredictCommandTests {
    private struct Place {
        let program: Program
        let folder: URL
        /// Of the test samples, in order.
        let images: [[UInt8]]
        let labels: [Int]

        init() async throws {
            program = try await Program.withSmallDataset()
            folder = URL(filePath: try #require(program.environment["HOME"])).appending(path: "files")
            try await program.succeed("train", "mlp", "--dataset", "small", "--epochs", "3", "--quiet")
            let rows = try program.connect().query(
                "select pixels, label from analysis.sample where dataset = 'small' and split = 'test' order by index")
            images = try rows.map { try $0["pixels"] }
            labels = try rows.map { try $0["label"] }
        }

        @discardableResult
        func write(_ bytes: [UInt8], _ name: String) throws -> String {
            let file = folder.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: file)
            return file.path
        }

        static func pgm(_ pixels: [UInt8]) -> [UInt8] { Array("P5\n# grey\n8 8 255\n".utf8) + pixels }
    }

    private static let resources = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Resources/small")

    private struct Answer: Decodable {
        let file: String
        let rank: Int
        let predicted: Int
        let predicted_name: String
        let confidence: Double
    }

    private static func answers(_ result: Program.Result) throws -> [Answer] {
        try JSONDecoder().decode([Answer].self, from: Data(result.output.utf8))
    }

    @Test("all forms of files give the predictions that the test stored, in order")
    func forms() async throws {
        let place = try await Place()
        let program = place.program
        let known = try program.connect().query(
            "select predicted from analysis.prediction where model = 'mlp' order by index"
        ).map { try $0["predicted"] as Int }
        #expect(known.count == 30)
        var pictures: [String] = []
        for (index, image) in place.images.enumerated() {
            let isPGM = index % 2 == 0
            pictures.append(
                try place.write(
                    isPGM ? Place.pgm(image) : FormFile.png(height: 8, width: 8, channels: 1, image),
                    "pictures/\(100 + index).\(isPGM ? "pgm" : "PNG")"))
        }
        let all = FormFile.npy("|u1", [30, 8, 8], place.images.flatMap { $0 })
        let tests = Self.resources.appending(path: "t10k-images-idx3-ubyte.gz").path
        for files in [
            pictures, [place.folder.appending(path: "pictures").path], [tests], [try place.write(all, "all.npy")],
            [try place.write(FormFile.zip([("x.npy", all)]), "all.npz")],
            [
                try place.write(
                    FormFile.zip([
                        ("x_train.npy", FormFile.npy("|u1", [1, 8, 8], place.images[7])), ("x_test.npy", all),
                    ]),
                    "parts.npz")
            ],
        ] {
            let found = try Self.answers(try await program.succeed(["predict", "mlp", "--format", "json"] + files))
            #expect(found.map(\.predicted) == known, "\(files)")
            #expect(found.allSatisfy { $0.rank == 1 && $0.predicted_name == "\($0.predicted)" })
            #expect(Set(found.map(\.file)).count == 30 && found[29].file.hasPrefix(files.last ?? ""))
        }
        let ranked = try Self.answers(
            try await program.succeed("predict", "mlp@1", tests, "--top", "10", "--format", "json"))
        #expect(ranked.count == 300)
        for image in 0..<30 {
            let classes = ranked[10 * image..<10 * image + 10]
            #expect(classes.map(\.rank) == Array(1...10) && Set(classes.map(\.predicted)).count == 10)
            #expect(
                abs(classes.reduce(0) { $0 + $1.confidence } - 1) < 1e-5 && classes.first?.predicted == known[image])
            #expect(zip(classes, classes.dropFirst()).allSatisfy { $0.confidence >= $1.confidence })
        }
        let text = try await program.succeed("predict", "mlp", pictures[0], "--top", "2").output
        #expect(text.split(separator: "\n").count == 3 && text.contains("probability") && text.contains("100.pgm"))
        let csv = try await program.succeed("predict", "mlp", pictures[0], "--format", "csv").output
        #expect(csv.hasPrefix("file,rank,predicted,predicted_name,confidence\r\n\(pictures[0]),1,\(known[0]),"))
        try await program.succeed("export", "mlp", "\(place.folder.path)/mlp.onnx")
        try await program.succeed("import", "graph", "\(place.folder.path)/mlp.onnx", "--dataset", "small", "--quiet")
        let imported = try Self.answers(try await program.succeed("predict", "graph", tests, "--format", "json"))
        #expect(imported.map(\.predicted) == known)
    }

    private struct Figures: Decodable {
        let samples: Int
        let correct: Int
        let accuracy: Double
        let accuracy_lower: Double
        let accuracy_upper: Double
        let loss: Double
    }

    @Test("with labels of any form the accuracy is that of the test; colours and sizes become those that were learned")
    func accuracy() async throws {
        let place = try await Place()
        let program = place.program
        let stored = try program.connect().query(
            "select test_correct, test_accuracy_lower, test_accuracy_upper, test_loss from analysis.model_version")[0]
        var table = "path,label\n"
        for (index, image) in place.images.enumerated() {
            let name = "classes/\(place.labels[index])/\(100 + index).png"
            try place.write(FormFile.png(height: 8, width: 8, channels: 1, image), name)
            table += "\(name),\(place.labels[index])\n"
        }
        let archive = FormFile.zip([
            ("images.npy", FormFile.npy("|u1", [30, 8, 8], place.images.flatMap { $0 })),
            ("labels.npy", FormFile.npy("|u1", [30], place.labels.map { UInt8($0) })),
        ])
        let idx = ["images-idx3", "labels-idx1"].map { Self.resources.appending(path: "t10k-\($0)-ubyte.gz").path }
        func figures(_ arguments: [String]) async throws -> Figures {
            let result = try await program.succeed(["predict", "mlp", "--evaluate", "--format", "json"] + arguments)
            return try JSONDecoder().decode(Figures.self, from: Data(result.output.utf8))
        }
        for arguments in [
            [place.folder.appending(path: "classes").path], [try place.write(Array(table.utf8), "table.csv")],
            [try place.write(archive, "labelled.npz")], [idx[0], "--labels", idx[1]],
        ] {
            let found = try await figures(arguments)
            #expect(found.samples == 30)
            #expect(try found.correct == stored["test_correct"], "\(arguments)")
            #expect(found.accuracy_lower == (try stored["test_accuracy_lower"]))
            #expect(found.accuracy_upper == (try stored["test_accuracy_upper"]))
            #expect(abs(found.loss - (try stored["test_loss"])) < 1e-6, "\(arguments)")
        }
        let text = try await program.succeed("predict", "mlp", idx[0], "--evaluate", "--labels", idx[1]).output
        #expect(text.contains("95 % interval") && text.contains("mlp@1"))

        // As the import of a data set does it.
        for part in ["train", "test"] {
            for number in 0..<40 {
                let pixels = (0..<20 * 14 * 3).map { UInt8(($0 * 31 + number * number * 7) % 256) }
                try place.write(
                    FormFile.png(height: 20, width: 14, channels: 3, pixels),
                    "large/\(part)/\(number % 10)/\(number).png")
            }
        }
        let large = place.folder.appending(path: "large").path
        try await program.succeed("dataset", "import", "large", large, "--size", "8x8", "--grey", "--quiet")
        let evaluated = try JSONDecoder().decode(
            Figures.self,
            from: Data(
                try await program.succeed("evaluate", "mlp", "--dataset", "large", "--format", "json").output.utf8))
        let found = try await figures(["\(large)/test"])
        #expect(found.correct == evaluated.correct && found.samples == 40 && abs(found.loss - evaluated.loss) < 1e-6)
    }

    @Test("what is damaged, has no label or one that is not known is named in a line, and nothing is printed")
    func refused() async throws {
        let place = try await Place()
        let program = place.program
        let good = FormFile.png(height: 8, width: 8, channels: 1, place.images[0])
        try place.write(good, "mixed/1/a.png")
        try place.write(Array(good.dropLast(20)), "mixed/1/b.png")
        try place.write(good, "notes/a.png")
        try place.write(Array("a text".utf8), "notes/readme.txt")
        try place.write(good, "cats/cat/a.png")
        try FileManager.default.createDirectory(
            at: place.folder.appending(path: "empty"), withIntermediateDirectories: true)
        try place.write(good, "circle/1/a.png")
        for name in ["circle/1/x", "circle/1/y"] {
            try FileManager.default.createSymbolicLink(
                at: place.folder.appending(path: name), withDestinationURL: place.folder.appending(path: "circle"))
        }
        let images = FormFile.npy("|u1", [30, 8, 8], place.images.flatMap { $0 })
        let tests = Self.resources.appending(path: "t10k-images-idx3-ubyte.gz").path
        let training = Self.resources.appending(path: "train-labels-idx1-ubyte.gz").path
        let csv = try place.write(
            Array("index,predicted\n".utf8) + (0..<30).flatMap { Array("\($0),1\n".utf8) }, "p.csv")
        try await program.succeed("import", "vendor", "--predictions", csv, "--dataset", "small", "--quiet")
        func path(_ name: String) -> String { place.folder.appending(path: name).path }
        for (arguments, status, expected) in [
            (["mlp", path("mixed")], 65, "mixed/1/b.png: The PNG data is damaged"),
            (["mlp", path("notes")], 65, "notes/readme.txt: This is no .png"),
            (["mlp", path("empty")], 65, "There is no picture in it"),
            (["mlp", path("circle")], 65, "in a circle of links"),
            (["mlp", path("none.png")], 65, "none.png: It cannot be read"),
            (
                ["mlp", try place.write(Array("P5 8 8 255\n".utf8) + [1, 2, 3], "cut.pgm")], 65,
                "64 bytes of intensities"
            ),
            (["mlp", try place.write(Array("P5 8 eight".utf8), "no.pgm")], 65, "its header makes no sense"),
            (["mlp", try place.write(Array(images.dropLast()), "cut.npy")], 65, "1,920 bytes of values are announced"),
            (["mlp", training], 65, "images have 3"), (["mlp", csv], 65, "This is a text"),
            (["mlp", path("mixed/1/a.png"), "--evaluate"], 65, "It has no label"),
            (["mlp", path("cats"), "--evaluate"], 65, "its class “cat” is not one of those that mlp@1 knows"),
            (["mlp", tests, "--evaluate"], 65, "name the file of their labels, too"),
            (["mlp", tests, "--evaluate", "--labels", training], 65, "30 images, "),
            (
                ["mlp", try place.write(FormFile.zip([("x.npy", images)]), "x.npz"), "--evaluate"], 65,
                "no labels beside"
            ),
            (
                [
                    "mlp",
                    try place.write(
                        FormFile.zip([
                            ("x.npy", images), ("y.npy", FormFile.npy("|u1", [30], [UInt8](repeating: 11, count: 30))),
                        ]), "eleven.npz"), "--evaluate",
                ], 65, "its class number 11 is not one"
            ),
            (["vendor", tests], 65, "vendor@1 has no weights: its predictions were imported."),
            (["nobody", tests], 66, "nobody"), (["mlp"], 64, "file"), (["mlp", tests, "--top", "0"], 64, "--top"),
            (["mlp", tests, "--labels", training], 64, "--evaluate"),
        ] as [([String], Int32, String)] {
            let result = try await program.run(["predict"] + arguments)
            #expect(result.status == status && result.output.isEmpty, "\(arguments): \(result.errors)")
            #expect(result.errors.contains(expected), "\(arguments): \(result.errors)")
            #expect(status == 64 || result.errorLines.count == 1)
        }
    }
}
