import Foundation
import PostgreSQL
import TestData
import TestServer
import Testing

/// A folder of files for an import, gone after the tests.
struct ImportFolder {
    let url: URL

    init() throws {
        let directory = try TemporaryDirectory.make()
        TemporaryDirectory.removeAfterThisProcess(directory)
        url = URL(filePath: directory.string)
    }

    func write(_ bytes: [UInt8], as name: String) throws {
        let file = url.appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
    }

    /// Three channels of 4 × 5 pixels: class 0 is red, class 1 green, class 2 blue, each with a little noise.
    func writeColors(training: Int = 60, test: Int = 30) throws {
        func arrays(_ count: Int, _ name: String) -> [(name: String, bytes: [UInt8])] {
            var pixels: [UInt8] = []
            for index in 0..<count {
                for pixel in 0..<20 {
                    for channel in 0..<3 {
                        let noise = UInt8((index * 31 + pixel * 17 + channel * 7) % 40)
                        pixels.append(index % 3 == channel ? 180 + noise : 20 + noise)
                    }
                }
            }
            return [
                ("x_\(name)", FormFile.npy("|u1", [count, 4, 5, 3], pixels)),
                (
                    "y_\(name)",
                    FormFile.npy("<i8", [count], (0..<count).flatMap { FormFile.littleEndian(Int64($0 % 3)) })
                ),
            ]
        }
        try write(FormFile.zip(arrays(training, "train") + arrays(test, "test")), as: "colors.npz")
    }

    static func picture(_ value: UInt8 = 1, height: Int = 2, width: Int = 3) -> [UInt8] {
        FormFile.png(
            height: height, width: width, channels: 1, [UInt8](repeating: value, count: height * width))
    }
}

@Suite("Importing data sets of any form")
struct DatasetImportTests {
    @Test("a data set in colour is learned, standardised by channel, tested, shown and exported")
    func colors() async throws {
        let folder = try ImportFolder()
        try folder.writeColors()
        let program = try await Program.onNewDatabase()
        let told = try await program.succeed(
            "dataset", "import", "colors", folder.url.appending(path: "colors.npz").path
        ).errors
        #expect(told.contains("colors@1: 60 training and 30 test samples imported."))
        try await program.succeed("train", "mlp", "--dataset", "colors", "--epochs", "20", "--quiet")
        let connection = try program.connect()
        let row = try connection.query(
            """
            select test_accuracy, configuration -> 'training' -> 'standardization' -> 'mean' ->> 2 as blue,
                   training_channel_means
              from analysis.model_version
              join registry.run
                on run.run_id = model_version.run
             cross join analysis.dataset
            """)[0]
        #expect(try row["test_accuracy"] as Double == 1)
        let means: [Double] = try row["training_channel_means"]
        #expect(means.count == 3)
        #expect(try Double(#require(row["blue"] as String?)) == means[2])
        for command in [
            ["dataset", "inspect", "colors"], ["dataset", "show", "colors"], ["robustness", "mlp", "--limit", "1"],
            ["predictions", "mlp"], ["show", "mlp"], ["report", "--output", folder.url.appending(path: "r.html").path],
            ["export", "mlp", folder.url.appending(path: "mlp.onnx").path],
        ] {
            let result = try await program.run(command)
            #expect(result.status == 0 || command[0] == "robustness", "\(command): \(result.errors)")
        }
        let measured = try connection.query("select count(ink) as n from registry.sample_feature")[0]["n"] as Int
        #expect(measured == 90)
        let wrong = try await program.run("train", "lenet", "--dataset", "colors", "--epochs", "1")
        #expect(wrong.status == 65 && wrong.errorLines.count == 1, "\(wrong.errors)")
    }

    @Test("validation samples are stored as a split of their own, and are not learned")
    func validation() async throws {
        let folder = try ImportFolder()
        try folder.writeColors(training: 300, test: 30)
        let program = try await Program.onNewDatabase()
        let path = folder.url.appending(path: "colors.npz").path
        try await program.succeed("dataset", "import", "colors", path, "--split", "80/20", "--seed", "5")
        try await program.succeed("dataset", "import", "whole", path)
        let connection = try program.connect()
        let rows = try connection.query(
            "select dataset, training_samples, validation_samples, test_samples from analysis.dataset order by dataset")
        let (training, validation): (Int, Int) = (
            try rows[0]["training_samples"], try rows[0]["validation_samples"]
        )
        #expect(training + validation == 300 && (30...90).contains(validation))
        #expect(try rows[1]["validation_samples"] as Int? == nil)
        let splits = try connection.query("select count(*) as n from registry.split")[0]["n"] as Int
        #expect(splits == 4, "the test is stored once")
        let trained = try await program.succeed("train", "mlp", "--dataset", "colors", "--epochs", "2")
        let epochs = try connection.query(
            """
            select training_samples, validation_samples, epoch_metric.test_samples, validation_correct,
                   validation_accuracy
              from registry.epoch_metric
              join analysis.epoch on (epoch.run, epoch.epoch) = (epoch_metric.run_id, epoch_metric.epoch)
             order by epoch.epoch
            """)
        #expect(epochs.count == 2)
        for row in epochs {
            #expect(try row["training_samples"] as Int == training && row["validation_samples"] as Int == validation)
            #expect(try row["test_samples"] as Int == 30)
            let accuracy = try Double(row["validation_correct"] as Int) / Double(validation)
            #expect(try row["validation_accuracy"] as Double == accuracy)
        }
        let last: Double = try epochs[1]["validation_accuracy"]
        #expect(trained.output.contains("validation accuracy \(String(format: "%.4f", last))  test loss"))
        let balance =
            try await program.succeed("dataset", "show", "colors", "--format", "json").json() as? [String: Any]
        let classes = try #require(balance?["classes"] as? [[String: Any]])
        #expect(classes.compactMap { $0["validation_samples"] as? Int }.reduce(0, +) == validation)
        let again = try await program.run("dataset", "import", "colors", path, "--split", "80/20", "--seed", "5")
        #expect(again.errors.contains("nothing was changed"))
    }

    @Test(
        "beside a data set that is there, another one is stored by work that grows as its samples, not as their square")
    func second() async throws {
        let folder = try ImportFolder()
        let program = try await Program.onNewDatabase()
        for name in ["first", "second"] {
            var numbers = FixedNumbers(seed: name == "first" ? 1 : 2)
            let pixels = (0..<3000).map { UInt8($0 % 256) }
            let arrays = ["train", "test"].flatMap { part in
                let labels = (0..<3000).map { _ in UInt8(numbers.next() % 10) }
                return [
                    (name: "x_\(part)", bytes: FormFile.npy("|u1", [3000, 1, 1], pixels)),
                    (name: "y_\(part)", bytes: FormFile.npy("|u1", [3000], labels)),
                ]
            }
            try folder.write(FormFile.zip(arrays), as: "\(name).npz")
            try await program.succeed(
                "dataset", "import", name, folder.url.appending(path: "\(name).npz").path, "--quiet")
        }
        // A look at each sample of one split for each of the other would be nine million.
        let connection = try program.connect()
        try await wait(until: "the server counts 12,000 samples") {
            let counts = try connection.query(
                "select n_tup_ins, idx_tup_fetch from pg_stat_user_tables where relname = 'sample'")[0]
            guard try counts["n_tup_ins"] as Int == 12_000 else { return false }
            let looks: Int = try counts["idx_tup_fetch"]
            #expect(looks < 1_000_000)
            return true
        }
    }

    @Test("three hundred classes are learned and told by their names")
    func manyClasses() async throws {
        let folder = try ImportFolder()
        for label in 0..<300 {
            let pixels = (0..<12).map { UInt8((label * ($0 + 3)) % 256) }
            for part in ["train", "test"] {
                try folder.write(
                    FormFile.png(height: 3, width: 4, channels: 1, pixels), as: "\(part)/class \(1_000 + label)/1.png")
            }
        }
        let program = try await Program.onNewDatabase()
        try await program.succeed("dataset", "import", "many", folder.url.path)
        try await program.succeed("train", "mlp", "--dataset", "many", "--epochs", "1", "--quiet")
        let last = try await program.succeed("dataset", "show", "many", "--format", "csv").output
            .split(whereSeparator: \.isNewline).last
        #expect(last == "299,class 1299,1,0.0033333333333333335,1,0.0033333333333333335")
        try await program.succeed("predictions", "mlp", "--limit", "3")
    }

    @Test(
        "flags that make no sense are refused before anything is read",
        arguments: [
            ["--size", "0x4"], ["--size", "4"], ["--size", "4x2000"], ["--split", "80/10"], ["--split", "100/0"],
            ["--split", "a/b"], ["--split", "25/25/25/25"], ["--seed", "4"], ["--format", "tar"],
            ["--class-names", "a,b", "--classes", "file"],
        ])
    func flags(arguments: [String]) async throws {
        let program = try await Program.onNewDatabase()
        let result = try await program.run(["dataset", "import", "x", "/nowhere"] + arguments)
        #expect(result.status == 64, "\(result.errors)")
    }

    // MARK: What is wrong with files

    /// Files that are refused, and words of the line.
    struct Refusal: Sendable, CustomTestStringConvertible {
        let name: String
        let words: [String]
        var arguments: [String] = []
        /// Writes the files; returns the path that is imported, from the folder.
        let write: @Sendable (ImportFolder) throws -> String

        var testDescription: String { name }
    }

    private static let good: [(name: String, bytes: [UInt8])] = [
        ("x_train", FormFile.npy("|u1", [2, 1, 2], [1, 2, 3, 4])), ("y_train", FormFile.npy("|u1", [2], [0, 1])),
        ("x_test", FormFile.npy("|u1", [1, 1, 2], [5, 6])), ("y_test", FormFile.npy("|u1", [1], [1])),
    ]

    /// An npz whose array of this name is another.
    private static func npz(
        _ name: String, _ array: String, _ bytes: [UInt8], _ words: String..., method: UInt16 = 8
    ) -> Refusal {
        Refusal(name: name, words: words) { folder in
            let files = good.map { $0.name == array ? ($0.name, bytes) : $0 }
            try folder.write(FormFile.zip(files, method: method), as: "a.npz")
            return "a.npz"
        }
    }

    /// Files as they are.
    private static func files(
        _ name: String, _ files: [(String, [UInt8])], _ words: String..., path: String = "", arguments: [String] = []
    ) -> Refusal {
        Refusal(name: name, words: words, arguments: arguments) { folder in
            for (name, bytes) in files { try folder.write(bytes, as: name) }
            return path
        }
    }

    private static func table(_ name: String, _ text: String, _ words: String...) -> Refusal {
        Refusal(name: name, words: words) { folder in
            try folder.write(ImportFolder.picture(), as: "1.png")
            try folder.write(Array(text.utf8), as: "list.csv")
            return "list.csv"
        }
    }

    /// Class folders with this file beside good ones.
    private static func picture(
        _ name: String, _ bytes: [UInt8], _ words: String..., file: String = "train/a/2.png", arguments: [String] = []
    ) -> Refusal {
        Refusal(name: name, words: words, arguments: arguments) { folder in
            for good in ["train/a/1.png", "train/b/1.png", "test/a/1.png"] {
                try folder.write(ImportFolder.picture(), as: good)
            }
            try folder.write(bytes, as: file)
            return ""
        }
    }

    private static func npy(_ header: String, _ values: [UInt8] = [1, 2, 3, 4]) -> [UInt8] {
        FormFile.npy(header: header, values)
    }

    private static let goodPicture = ImportFolder.picture()
    private static let jpegStart: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0, 0, 16] + Array("JFIF\0".utf8)
    private static let cifar = [UInt8](repeating: 0, count: 3073)

    private static let arrays: [Refusal] = [
        npz(
            "a version from the future", "x_train", FormFile.npy("|u1", [2, 1, 2], [1, 2, 3, 4], version: 4),
            "version 4"),
        npz("objects", "x_train", FormFile.npy("|O", [2, 1, 2], [1, 2, 3, 4]), "Python objects", "pickle"),
        npz("text", "y_train", FormFile.npy("<U1", [2], [UInt8](repeating: 0, count: 8)), "It holds text"),
        npz(
            "long doubles", "x_train", FormFile.npy("<f16", [2, 1, 2], [UInt8](repeating: 0, count: 64)), "float128"),
        npz("complex", "x_train", FormFile.npy("<c8", [2, 1, 2], [UInt8](repeating: 0, count: 32)), "complex numbers"),
        npz("records", "x_train", npy("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,), }"), "records"),
        npz(
            "Fortran's order", "x_train", FormFile.npy("|u1", [2, 1, 2], [1, 2, 3, 4], isFortran: true),
            "ascontiguousarray"),
        npz("no images", "x_train", FormFile.npy("|u1", [0, 1, 2], []), "nothing in it"),
        npz("a number", "y_train", FormFile.npy("|u1", [], [1]), "nothing in it"),
        npz(
            "too few values", "x_train", FormFile.npy("|u1", [2, 1, 2], [1, 2, 3]),
            "4 bytes of values are announced, 3 found"),
        npz(
            "too many values", "x_train", FormFile.npy("|u1", [2, 1, 2], [1, 2, 3, 4, 5]),
            "4 bytes of values are announced, 5"),
        npz(
            "a product that overflows", "x_train",
            npy("{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4294967296), }"),
            "more than 64 GiB"),
        npz("a terabyte announced", "x_train", FormFile.npy("|u1", [1 << 30, 32, 32], [1]), "more than 64 GiB"),
        npz(
            "a side that is no number", "x_train",
            npy("{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,), }"), "not understood"),
        npz(
            "a negative side", "x_train", npy("{'descr': '|u1', 'fortran_order': False, 'shape': (-1,), }"),
            "not understood"),
        npz("a header without a type", "x_train", npy("{'fortran_order': False, 'shape': (4,), }"), "not understood"),
        npz("a header that is a program", "x_train", npy("__import__('os').system('true')"), "not understood"),
        npz(
            "a header with a key twice", "x_train", npy("{'descr': '|u1', 'descr': '|u1', 'shape': (4,), }"),
            "not understood"),
        npz(
            "a header that does not end", "x_train", Array(FormFile.npy("|u1", [2], [1, 2]).prefix(40)),
            "ends within its header"),
        npz(
            "a header of four gigabytes", "x_train", [0x93] + Array("NUMPY".utf8) + [2, 0, 255, 255, 255, 255],
            "header announces"),
        npz("text instead of an array", "x_train", Array("hello, world".utf8), "a NumPy array is needed"),
        npz("nothing instead of an array", "x_train", [], "a NumPy array is needed"),
        npz(
            "an intensity of 256", "x_train", FormFile.npy("<i2", [2, 1, 2], [0, 1, 0, 0, 0, 0, 0, 0]),
            "position 0 is 256"),
        npz("an intensity below 0", "x_train", FormFile.npy("|i1", [2, 1, 2], [1, 255, 0, 0]), "position 1 is -1"),
        npz(
            "an intensity of ½", "x_train",
            FormFile.npy("<f4", [2, 1, 2], [0, 0, 0, 0, 0, 0, 0, 63, 0, 0, 0, 0, 0, 0, 0, 0]), "is 0.5",
            "(x * 255)"),
        npz(
            "an intensity that is no number", "x_train",
            FormFile.npy("<f4", [2, 1, 2], [0, 0, 192, 127, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            "is nan"),
        npz("a label of 1,000", "y_train", FormFile.npy("<i2", [2], [232, 3, 0, 0]), "position 0 is 1000"),
        npz("a label below 0", "y_train", FormFile.npy("|i1", [2], [0, 255]), "position 1 is -1"),
        npz("one-hot labels", "y_train", FormFile.npy("|u1", [2, 2], [0, 1, 1, 0]), "argmax(axis=1)"),
        npz(
            "names for labels", "y_train", FormFile.npy("<U1", [2], [97, 0, 0, 0, 98, 0, 0, 0]), "It holds text",
            "np.unique(y, return_inverse=True)"),
        npz(
            "four channels", "x_train", FormFile.npy("|u1", [2, 2, 2, 4], [UInt8](repeating: 1, count: 32)),
            "this has 2 × 2 × 2 × 4", "x[..., :3]"),
        npz("flat images", "x_train", FormFile.npy("|u1", [2, 2], [0, 1, 1, 0]), "x.reshape(-1, height, width)"),
        npz(
            "two channels", "x_train", FormFile.npy("|u1", [2, 2, 2, 2], [UInt8](repeating: 0, count: 16)),
            "1 or 3 channels"),
        npz("other sizes in the test", "x_test", FormFile.npy("|u1", [1, 2, 1], [1, 2]), "1 × 1 × 2", "1 × 2 × 1"),
        npz("fewer labels than images", "y_train", FormFile.npy("|u1", [1], [1]), "2 images", "1 labels"),
        npz(
            "images too large", "x_train", FormFile.npy("|u1", [2, 1, 9000], [UInt8](repeating: 0, count: 18000)),
            "8,192"),
        files("no labels beside", [("a.npz", FormFile.zip(Array(good.dropLast())))], "no labels beside", path: "a.npz"),
        files("no test", [("a.npz", FormFile.zip(Array(good.prefix(2))))], "only samples for training", path: "a.npz"),
        files(
            "names that say nothing", [("a.npz", FormFile.zip([("w1", good[0].bytes)]))], "Call them x_train",
            path: "a.npz"),
        files(
            "two arrays for one role", [("a.npz", FormFile.zip(good + [("train_images", good[0].bytes)]))],
            "could both be", path: "a.npz"),
        files("one name twice", [("a.npz", FormFile.zip(good + [good[0]]))], "two files of the name", path: "a.npz"),
        files(
            "a ZIP that is cut", [("a.npz", Array(FormFile.zip(good).dropLast(30)))], "cut short or damaged",
            path: "a.npz"),
        files("a ZIP without files", [("a.npz", FormFile.zip([]))], "No arrays of a data set", path: "a.npz"),
        files(
            "an unknown packing", [("a.npz", FormFile.zip(good, method: 93))], "packed by the method 93", path: "a.npz"),
        files("a password", [("a.npz", FormFile.zip(good, flags: 1))], "encrypted", path: "a.npz"),
        files("a ZIP bomb", [("a.npz", FormFile.zip(good, announced: 1 << 31))], "cannot hold them", path: "a.npz"),
        files("a wrong checksum", [("a.npz", FormFile.zip(good, checksum: 7))], "damaged (crc error)", path: "a.npz"),
        files("an array alone", [("a.npy", good[0].bytes)], "a NumPy array", "Name the folder", path: "a.npy"),
    ]

    private static let pictures: [Refusal] = [
        picture("a PNG of another size", ImportFolder.picture(height: 3), "3 × 3 pixels", "--size 2x3"),
        picture("a PNG that is cut", Array(goodPicture.dropLast(20)), "train/a/2.png", "damaged"),
        picture("a PNG whose header is cut", Array(goodPicture.prefix(20)), "ends within its header"),
        picture(
            "a PNG with a wrong checksum", goodPicture.dropLast(14) + [9] + goodPicture.suffix(13), "damaged (",
            arguments: []),
        picture(
            "a PNG of no height",
            FormFile.png(height: 2, width: 3, channels: 1, [UInt8](repeating: 0, count: 6), announced: (0, 3)),
            "makes no sense"),
        picture(
            "a PNG bomb",
            FormFile.png(height: 2, width: 3, channels: 1, [UInt8](repeating: 0, count: 6), announced: (8000, 8000)),
            "cannot hold them"),
        picture(
            "a PNG of two milliards",
            FormFile.png(
                height: 2, width: 3, channels: 1, [UInt8](repeating: 0, count: 6), announced: (2_000_000_000, 1)),
            "8192 rows or columns"),
        picture(
            "a PNG with fewer rows than it says",
            FormFile.png(height: 2, width: 3, channels: 1, [UInt8](repeating: 0, count: 6), announced: (3, 3)),
            "damaged", arguments: ["--size", "4x4"]),
        picture("a JPEG that is cut", jpegStart, "The JPEG data is damaged"),
        picture("a GIF", Array("GIF89a, in truth".utf8), "a GIF image", "PNG, JPEG, PGM and PPM are read"),
        picture("a web page", Array("<html><title>404 Not Found</title></html>".utf8), "an HTML page (404 Not Found)"),
        picture("an empty file", [], "The file is empty"),
        picture("another ending", goodPicture, "no .png, .jpg, .jpeg, .pgm or .ppm file", file: "train/a/2.webp"),
        picture("a folder in a class's folder", goodPicture, "This is a folder, and", file: "train/a/more/2.png"),
        picture("a class that training does not have", goodPicture, "“c” is no class", file: "test/c/1.png"),
        picture("a class in the wrong place", goodPicture, "It has the folder “c” beside", file: "c/1.png"),
        picture("two folders for training", goodPicture, "a second folder for training", file: "training/a/1.png"),
        files("one class", [("train/a/1.png", goodPicture), ("test/a/1.png", goodPicture)], "the folder “a” alone"),
        files(
            "a folder too high", [("data/a/1.png", goodPicture), ("data/b/1.png", goodPicture)],
            "the folder “data” alone"),
        files(
            "a picture alone", [("1.png", goodPicture)], "This is a PNG image", "a folder of pictures for each class",
            path: "1.png"),
        files("no division", [("a/1.png", goodPicture), ("b/1.png", goodPicture)], "--split 80/10/10 --seed 1"),
        files(
            "too few to divide", [("a/1.png", goodPicture), ("b/1.png", goodPicture)], "none falls to",
            arguments: ["--split", "80/10/10"]),
        files(
            "pictures too large",
            [
                ("train/a/1.png", ImportFolder.picture(height: 1, width: 1025)),
                ("train/b/1.png", ImportFolder.picture(height: 1, width: 1025)),
                ("test/a/1.png", ImportFolder.picture(height: 1, width: 1025)),
            ], "1 × 1 × 1025", "--size 224x224"),
        files("nothing that is known", [("notes.txt", [65])], "no data set is recognised", "notes.txt"),
        files("a path that is not there", [], "There is no such file or folder", path: "nowhere"),
        files(
            "a class's names that are twice the same",
            [("train/a/1.png", goodPicture), ("names", Array("a\na\n".utf8))], "“a” is there twice",
            arguments: ["--classes", "names"]),
    ]

    private static let tables: [Refusal] = [
        table(
            "a path out of the folder", "path,label,split\n../1.png,a,train\n1.png,b,test\n", "list.csv:2",
            "leads out of the table's folder"),
        table(
            "a path out and in again", "path,label,split\n1.png,b,train\nx/../../x/1.png,a,test\n", "list.csv:3",
            "leads out"),
        table(
            "an absolute path", "path,label,split\n/etc/hostname,a,train\n1.png,b,test\n",
            "leads out of the table's folder"),
        table(
            "a picture that is not there", "path,label,split\n1.png,a,train\n2.png,b,test\n", "list.csv:3",
            "“2.png” cannot be read"),
        table("an unknown split", "path,label,split\n1.png,a,holdout\n", "The split is “holdout”"),
        table("a row too short", "path,label,split\n1.png,a\n", "It has 2 cells; the first line has 3"),
        table("a quotation mark that is not closed", "path,label\n\"1.png,a\n", "quotation mark"),
        table("a quotation mark within a cell", "path,label\n1\".png,a\n", "quotation mark"),
        table("no rows", "path,label\n", "It names no pictures"),
        table("one class", "path,label,split\n1.png,a,train\n1.png,a,test\n", "names 1 class"),
        table("an empty label", "path,label,split\n1.png,,train\n1.png,a,test\n", "class 0 is empty"),
        table("no header", "1.png,a,train\n", "a text"),
        table("semicolons", "path;label;split\n1.png;a;train\n", "a text", "with commas between"),
        table("backslashes", "path,label\na\\1.png,a\na\\2.png,b\n", "list.csv:2", "with / between folders"),
        Refusal(name: "a table in UTF-16", words: ["a text in UTF-16", "iconv"]) { folder in
            try folder.write([0xFF, 0xFE] + "path,label".utf8.flatMap { [$0, 0] }, as: "list.csv")
            return "list.csv"
        },
        Refusal(name: "a link out of the folder", words: ["by a link"]) { folder in
            try folder.write(Array("path,label,split\nlink,a,train\n1.png,b,test\n".utf8), as: "list.csv")
            try FileManager.default.createSymbolicLink(
                at: folder.url.appending(path: "link"), withDestinationURL: URL(filePath: "/etc/hostname"))
            return "list.csv"
        },
    ]

    private static let others: [Refusal] = [
        files(
            "CIFAR with half a record", [("data_batch_1.bin", Array(cifar.dropLast())), ("test_batch.bin", cifar)],
            "not whole records of 3,073"),
        files(
            "CIFAR with a label of 10", [("data_batch_1.bin", [10] + cifar.dropFirst()), ("test_batch.bin", cifar)],
            "The label of record 0 is 10"),
        files("CIFAR without a test", [("data_batch_1.bin", cifar)], "test_batch.bin", "No such file"),
        files("CIFAR-100 that is CIFAR-10", [("train.bin", cifar), ("test.bin", cifar)], "not whole records of 3,074"),
        files(
            "CIFAR-100 with a coarse label of 20",
            [("train.bin", [20] + cifar), ("test.bin", [0] + cifar)], "The label of record 0 is 20",
            "there are 20 classes", arguments: ["--labels", "coarse"]),
        files(
            "coarse labels of CIFAR-10", [("data_batch_1.bin", cifar), ("test_batch.bin", cifar)],
            "one label each (cifar10)", arguments: ["--labels", "coarse"]),
        files(
            "CIFAR-10 for Python", [("data_batch_1", cifar), ("batches.meta", cifar)], "pickles of Python",
            "its binary version"),
        files(
            "CIFAR's names too few",
            [("data_batch_1.bin", cifar), ("test_batch.bin", cifar), ("batches.meta.txt", Array("a\nb\n".utf8))],
            "names 2 classes, and there are 10"),
        files(
            "an archive", [("a.tar.gz", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
            "a.tar.gz", path: "a.tar.gz"),
        files(
            "IDX of numbers that are no bytes",
            [
                ("train-images-idx3-float", FormFile.idx([1, 1, 1], [63, 0, 0, 0], type: 13)),
                ("train-labels-idx1-ubyte", FormFile.idx([1], [0])),
                ("t10k-images-idx3-float", FormFile.idx([1, 1, 1], [0, 0, 0, 0], type: 13)),
                ("t10k-labels-idx1-ubyte", FormFile.idx([1], [0])),
            ], "32-bit floating-point numbers", "is 0.5"),
    ]

    @Test("damaged files of every form: a line that says what, status 65, and nothing is stored")
    func refused() async throws {
        let all = Self.arrays + Self.pictures + Self.tables + Self.others
        #expect(all.count == 100, "the number in Documentation/reliability.md")
        let program = try await Program.onNewDatabase()
        for refusal in all {
            let folder = try ImportFolder()
            let path = folder.url.appending(path: try refusal.write(folder)).path
            let arguments = refusal.arguments.map { $0 == "names" ? folder.url.appending(path: $0).path : $0 }
            let result = try await program.run(["dataset", "import", "bad", path] + arguments)
            #expect(result.status == 65, "\(refusal.name): \(result.errors)")
            #expect(result.output.isEmpty && result.errorLines.count == 1, "\(refusal.name): \(result.errors)")
            for words in refusal.words {
                #expect(result.errors.contains(words), "\(refusal.name): \(result.errors)")
            }
        }
        let stored =
            try program.connect().query(
                "select (select count(*) from registry.split) + (select count(*) from registry.dataset) as n")[0]["n"]
            as Int
        #expect(stored == 0)
    }

    @Test("a folder for temporary files that cannot be used is named, and nothing is stored")
    func noRoom() async throws {
        let folder = try ImportFolder()
        try folder.writeColors()
        var program = try await Program.onNewDatabase()
        program.environment["TMPDIR"] = "/nowhere"
        let result = try await program.run("dataset", "import", "x", folder.url.appending(path: "colors.npz").path)
        #expect(
            result.status == 74 && result.errors.contains("/nowhere") && result.errors.contains("TMPDIR"),
            "\(result.errors)")
    }
}
