import Foundation
import Samples
import SystemPackage
import TestData
import Testing

@testable import Datasets

@Suite("Forms of data sets")
struct FormTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    private func read(
        _ name: String = "", _ change: (inout ReadingOptions) -> Void = { _ in }
    ) throws -> ImageDataset {
        var options = ReadingOptions()
        change(&options)
        return try ImageDataset(name.isEmpty ? folder.path : folder.path.appending(name), options)
    }

    private func write(_ bytes: [UInt8], as name: String) throws {
        let inner = FilePath(name).removingLastComponent().string
        try FileManager.default.createDirectory(
            atPath: folder.path.appending(inner).string, withIntermediateDirectories: true)
        try folder.write(bytes, as: name)
    }

    /// Two rows of three pixels.
    private func picture(_ value: UInt8, channels: Int = 1) -> [UInt8] {
        FormFile.png(height: 2, width: 3, channels: channels, (0..<6 * channels).map { value &+ UInt8($0) })
    }

    // MARK: NumPy

    @Test(
        "an npz with the names that Keras, MedMNIST and others give",
        arguments: [
            ["x_train", "y_train", "x_test", "y_test"], ["train_images", "train_labels", "test_images", "test_labels"],
            ["X_train.npy", "Y_train.npy", "X_test.npy", "Y_test.npy"],
            ["training-data", "training-targets", "testing-data", "testing-targets"],
        ], [UInt16(0), 8])
    func npz(names: [String], method: UInt16) throws {
        let labels = [0, 2, 1].flatMap { FormFile.littleEndian(Int64($0)) }
        let arrays = [
            FormFile.npy("|u1", [3, 2, 1], [1, 2, 3, 4, 5, 6]), FormFile.npy("<i8", [3, 1], labels),
            FormFile.npy("|u1", [1, 2, 1], [7, 8]), FormFile.npy("|i1", [1], [1]),
        ]
        try write(FormFile.zip(Array(zip(names, arrays)), method: method), as: "data.npz")
        let dataset = try read("data.npz")
        #expect(dataset.shape == ImageShape(channels: 1, height: 2, width: 1))
        #expect(try dataset.training.pixels() == [1, 2, 3, 4, 5, 6] && dataset.test.pixels() == [7, 8])
        #expect(dataset.training.labels == [0, 2, 1] && dataset.test.labels == [1])
        #expect(dataset.classNames == ["0", "1", "2"] && dataset.validation == nil)
    }

    @Test("arrays of an npz that are of no use are named")
    func otherArrays() throws {
        let image = FormFile.npy("|u1", [1, 1, 1], [5])
        let label = FormFile.npy("|u1", [1], [1])
        let files = ["x_train", "x_test"].map { ($0, image) } + ["y_train", "y_test"].map { ($0, label) }
        try write(FormFile.zip(files), as: "data.npz")
        #expect(try read("data.npz").remarks == [])
        // Without a part of its own, or with a part that is unknown: neither training nor test.
        try write(FormFile.zip(files + [("weights", label), ("x_holdout", image), ("y", label)]), as: "data.npz")
        #expect(try read("data.npz").remarks == ["Not read: weights, x_holdout, y."])
    }

    @Test("MedMNIST's validation images are a split of their own; colours stand channel by channel")
    func medical() throws {
        let images = FormFile.npy("|u1", [1, 1, 2, 3], [1, 2, 3, 4, 5, 6])
        let labels = FormFile.npy("|u1", [1, 1], [1])
        let files = ["train", "val", "test"].flatMap { [("\($0)_images.npy", images), ("\($0)_labels.npy", labels)] }
        try write(FormFile.zip(files), as: "data.npz")
        let dataset = try read()
        #expect(dataset.shape == ImageShape(channels: 3, height: 1, width: 2))
        #expect(try dataset.validation?.pixels() == [1, 4, 2, 5, 3, 6])
        let (all, channels) = try dataset.trainingMoments()
        let means: [Double] = channels.map { $0.mean * 255 }
        #expect(abs(all.mean * 255 - 3.5) < 1e-12 && means == [2.5, 3.5, 4.5])
        #expect(channels.allSatisfy { abs($0.standardDeviation * 255 - 1.5) < 1e-12 })
    }

    @Test("Kuzushiji-MNIST's four files, each with an array without a name")
    func kuzushiji() throws {
        for (part, value) in [("train", UInt8(5)), ("test", 6)] {
            try write(
                FormFile.zip([("arr_0.npy", FormFile.npy("|u1", [1, 1, 1], [value]))]), as: "kmnist-\(part)-imgs.npz")
            try write(
                FormFile.zip([("arr_0.npy", FormFile.npy("|u1", [1], [value]))]), as: "kmnist-\(part)-labels.npz")
        }
        let dataset = try read()
        #expect(try dataset.training.pixels() == [5] && dataset.test.pixels() == [6])
        #expect(dataset.classNames.count == 7)
    }

    @Test(
        "every type of numbers, in both orders of bytes, and every version of the header",
        arguments: [
            ("|u1", [3, 200]), ("<u2", [3, 0, 200, 0]), (">u2", [0, 3, 0, 200]), (">i4", [0, 0, 0, 3, 0, 0, 0, 200]),
            ("<u8", [3, 0, 0, 0, 0, 0, 0, 0, 200, 0, 0, 0, 0, 0, 0, 0]), ("<f4", [0, 0, 0x40, 0x40, 0, 0, 0x48, 0x43]),
            (">f8", [0x40, 8, 0, 0, 0, 0, 0, 0, 0x40, 0x69, 0, 0, 0, 0, 0, 0]),
            ("<f2", [0, 0x42, 0x40, 0x5A]), (">f2", [0x42, 0, 0x5A, 0x40]),
        ] as [(String, [UInt8])])
    func types(type: String, bytes: [UInt8]) throws {
        for version: UInt8 in 1...3 { try check(type, bytes, version: version) }
    }

    private func check(_ type: String, _ bytes: [UInt8], version: UInt8) throws {
        try write(FormFile.npy(type, [2, 1, 1], bytes, version: version), as: "x_train.npy")
        try write(FormFile.npy(type, [2], bytes, version: version), as: "y_train.npy")
        try write(FormFile.npy(type, [2, 1, 1], bytes, version: version), as: "x_test.npy")
        try write(FormFile.npy(type, [2], bytes, version: version), as: "y_test.npy")
        let dataset = try read()
        #expect(try dataset.training.pixels() == [3, 200] && dataset.training.labels == [3, 200])
    }

    @Test("what NumPy itself writes, packed and not", .enabled("needs NumPy") { try Python.run("import numpy") })
    func numpy() throws {
        let script = """
            import numpy as np, sys
            x = (np.arange(7 * 4 * 5) % 251).reshape(7, 4, 5)
            y = np.arange(7) % 3
            write = np.savez_compressed if sys.argv[1] == "packed" else np.savez
            write(sys.argv[2], x_train=x.astype(sys.argv[3]), y_train=y, x_test=x[:2].astype("uint8"), y_test=y[:2])
            """
        for (how, type) in [("packed", "uint8"), ("plain", "int64"), ("packed", "float32"), ("plain", ">f8")] {
            #expect(try Python.run(script, how, folder.path.appending("data.npz").string, type))
            let dataset = try read("data.npz")
            #expect(try dataset.training.pixels() == (0..<140).map { UInt8($0 % 251) }, "\(how) \(type)")
            #expect(dataset.training.labels == [0, 1, 2, 0, 1, 2, 0] && dataset.test.labels == [0, 1])
        }
    }

    // MARK: Folders and tables

    @Test("a folder for each class in train, val and test: names in order of their bytes")
    func folders() throws {
        for (name, value) in [
            ("train/b/2.png", UInt8(20)), ("train/b/1.PNG", 10), ("train/Z/x.jpeg.png", 30), ("valid/b/1.png", 40),
            ("test/Z/1.png", 50), ("test/.DS_Store", 0), ("README.md", 1),
        ] { try write(picture(value), as: name) }
        let dataset = try read()
        #expect(dataset.classNames == ["Z", "b"])
        #expect(
            dataset.training.labels == [0, 1, 1] && dataset.validation?.labels == [1] && dataset.test.labels == [0])
        #expect(
            try dataset.training.pixels() == [30, 31, 32, 33, 34, 35, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23, 24, 25])
        #expect(try read { $0.classNames = ["b", "Z"] }.training.labels == [1, 0, 0], "the folders keep their order")
    }

    @Test("a class's folder whose name is not UTF-8 is named, and not left out")
    func foreignNames() throws {
        for name in ["a", "b", "c"] {
            try write(FormFile.png(height: 1, width: 1, channels: 1, [7]), as: "\(name)/1.png")
        }
        let path = folder.path.appending("c").string
        let renamed = Array(path.utf8).dropLast() + [0xFF, 0]
        #expect(renamed.withUnsafeBytes { rename(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self)) } == 0)
        let error = #expect(throws: DatasetError.self) { try read() }
        #expect(error?.description.contains("not UTF-8") == true, "\(String(describing: error))")
    }

    @Test("without a test folder the validation is the test, and that is said")
    func validationAsTest() throws {
        for name in ["train/a/1.png", "train/b/1.png", "val/a/1.png"] { try write(picture(1), as: name) }
        let dataset = try read()
        #expect(dataset.validation == nil && dataset.test.labels == [0] && dataset.remarks.count == 1)
    }

    @Test("grey and coloured pictures together are coloured, or all grey if asked")
    func mixed() throws {
        try write(picture(1), as: "train/a/1.png")
        try write(picture(1, channels: 3), as: "train/b/1.png")
        try write(picture(9), as: "test/a/1.png")
        let dataset = try read()
        #expect(dataset.shape.channels == 3)
        #expect(try dataset.test.pixels() == [9, 10, 11, 12, 13, 14, 9, 10, 11, 12, 13, 14, 9, 10, 11, 12, 13, 14])
        let grey = try read { $0.isGrey = true }
        #expect(grey.shape.channels == 1)
        // (1, 2, 3), (4, 5, 6), …
        #expect(try Array(grey.training.pixels()[6...]) == [2, 5, 8, 11, 14, 17])
    }

    @Test("a table of pictures: quoted cells, classes by name or number, parts or none")
    func manifest() throws {
        for name in ["a b/1.png", "2.png", "3.png"] { try write(picture(UInt8(name.utf8.count)), as: name) }
        let table =
            "\u{FEFF}path,label,split\r\n\"a b/1.png\",\"cat, \"\"old\"\"\",train\r\n2.png,dog,train\n\n"
            + "3.png,dog,test"
        try write(Array(table.utf8), as: "list.csv")
        let dataset = try read("list.csv")
        #expect(dataset.classNames == ["cat, \"old\"", "dog"])
        #expect(dataset.training.labels == [0, 1] && dataset.test.labels == [1])
        #expect(try dataset.training.pixels().first == 9)
        try write(Array("path,label,split\n2.png,300,train\n3.png,7,test\n".utf8), as: "list.csv")
        let numbered = try read()
        #expect(numbered.classNames.count == 301)
        #expect(numbered.training.labels == [300] && numbered.test.labels == [7])
    }

    // MARK: CIFAR, EMNIST

    @Test("CIFAR-10, and CIFAR-100 by its fine and its coarse classes")
    func cifar() throws {
        let image = (0..<3072).map { UInt8(truncatingIfNeeded: $0 / 7) }
        for batch in [10, 2, 1] { try write([UInt8(batch % 10)] + image, as: "data_batch_\(batch).bin") }
        try write([9] + image + [3] + image, as: "test_batch.bin")
        let ten = try read()
        #expect(ten.shape == ImageShape(channels: 3, height: 32, width: 32))
        #expect(ten.training.labels == [1, 2, 0] && ten.test.labels == [9, 3])
        #expect(try ten.training.pixels() == image + image + image)
        #expect(ten.classNames[9] == "truck")
        let hundred = try Folder()
        try hundred.write([0, 99] + image, as: "train.bin")
        try hundred.write([19, 5] + image, as: "test.bin")
        let names = (0..<100).map { "class \($0)" }
        for (granularity, count) in [("fine", 100), ("coarse", 20)] {
            try hundred.write(
                Array(names.prefix(count).joined(separator: "\n").utf8), as: "\(granularity)_label_names.txt")
        }
        for labels: LabelGranularity? in [nil, .fine, .coarse] {
            var options = ReadingOptions()
            options.labels = labels
            let dataset = try ImageDataset(hundred.path, options)
            let isCoarse = labels == .coarse
            #expect(dataset.training.labels == [isCoarse ? 0 : 99] && dataset.test.labels == [isCoarse ? 19 : 5])
            #expect(dataset.classNames == Array(names.prefix(isCoarse ? 20 : 100)))
            #expect(try dataset.test.pixels() == image)
        }
        #expect(throws: DatasetError.self) { try read { $0.labels = .coarse } }
    }

    private func writeEMNIST(_ prefix: String, _ labels: [UInt8]) throws {
        for part in ["train", "test"] {
            try write(
                FormFile.idx([labels.count, 2, 3], labels.flatMap { _ in [1, 2, 3, 4, 5, 6] as [UInt8] }),
                as: "\(prefix)-\(part)-images-idx3-ubyte")
            try write(FormFile.idx([labels.count], labels), as: "\(prefix)-\(part)-labels-idx1-ubyte")
        }
    }

    @Test("EMNIST's images are turned upright, and its letters counted from 0")
    func emnist() throws {
        try writeEMNIST("emnist-letters", [1, 26])
        let letters = try read()
        #expect(letters.shape == ImageShape(channels: 1, height: 3, width: 2))
        #expect(try letters.training.pixels().prefix(6) == [1, 4, 2, 5, 3, 6])
        #expect(
            letters.training.labels == [0, 25] && letters.classNames.first == "a" && letters.classNames.count == 26)
        let plain = try read {
            $0.form = .idx
            $0.classNames = (0...26).map(String.init)
        }
        #expect(try plain.training.pixels().prefix(3) == [1, 2, 3] && plain.training.labels == [1, 26])
    }

    @Test(
        "EMNIST's other parts name their classes",
        arguments: [
            ("balanced", 47, 46, "t"), ("byclass", 62, 61, "z"), ("mnist", 10, 9, "9"), ("bymerge", 47, 10, "A"),
        ])
    func emnistNames(part: String, classes: Int, label: Int, name: String) throws {
        try writeEMNIST("emnist-\(part)", [0, UInt8(label)])
        let dataset = try read()
        #expect(dataset.classNames.count == classes && dataset.classNames[label] == name)
    }

    // MARK: Dividing

    /// So many pictures of each of two classes, without parts.
    private func writePictures(_ count: Int) throws {
        for index in 0..<count {
            for name in ["a", "b"] {
                let pixels = [UInt8(index & 0xFF), UInt8(index >> 8), name == "a" ? 1 : 2, 0, 0, 0]
                try write(
                    FormFile.png(height: 2, width: 3, channels: 1, pixels), as: "\(name)/\(1_000 + index).png")
            }
        }
    }

    private func images(_ samples: SampleSet?) throws -> Set<[UInt8]> {
        let pixels = try samples?.pixels() ?? []
        return Set(stride(from: 0, to: pixels.count, by: 6).map { Array(pixels[$0..<$0 + 6]) })
    }

    @Test("a division by the images' hashes: a data set that grew keeps its test, whatever order it has")
    func division() throws {
        try writePictures(150)
        let few = try read { $0.division = Division("80/10/10", seed: 1) }
        try writePictures(300)
        let many = try read { $0.division = Division("80/10/10", seed: 1) }
        #expect(try images(few.test).isSubset(of: images(many.test)))
        #expect(try images(few.validation).isSubset(of: images(many.validation)))
        #expect(try images(few.training).isSubset(of: images(many.training)))
        // Of 600 images 60 are expected, give or take four standard deviations of a binomial.
        let validation = try #require(many.validation).labels
        for labels in [many.test.labels, validation] {
            #expect((31...89).contains(labels.count))
            for label: UInt16 in [0, 1] { #expect((9...51).contains(labels.count { $0 == label })) }
        }
        #expect(many.training.labels.count + validation.count + many.test.labels.count == 600)
        let other = try read { $0.division = Division("80/10/10", seed: 2) }
        #expect(try images(other.test) != images(many.test))
    }

    @Test("validation is taken from training where there is a test, which stays as it is")
    func validationFromTraining() throws {
        let images = (0..<200).map { UInt8($0) }
        try write(
            FormFile.zip([
                ("x_train", FormFile.npy("|u1", [200, 1, 1], images)),
                ("y_train", FormFile.npy("|u1", [200], images.map { $0 % 2 })),
                ("x_test", FormFile.npy("|u1", [2, 1, 1], [7, 8])), ("y_test", FormFile.npy("|u1", [2], [1, 0])),
            ]), as: "data.npz")
        let dataset = try read { $0.division = Division("75/25", seed: 3) }
        #expect(try dataset.test.pixels() == [7, 8])
        let validation = try #require(dataset.validation).pixels()
        #expect(try (validation + dataset.training.pixels()).sorted() == images)
        #expect((25...75).contains(validation.count))
        #expect(throws: DatasetError.self) { try read { $0.division = Division("80/10/10", seed: 3) } }
    }

    @Test("training samples alone are divided as samples without a part are")
    func trainingAlone() throws {
        for value: UInt8 in 0..<40 {
            try write(picture(value), as: "train/\(value % 2)/\(value).png")
        }
        #expect(throws: DatasetError.self) { try read() }
        let named = try read { $0.division = Division("50/25/25", seed: 1) }
        let flat = try read("train") { $0.division = Division("50/25/25", seed: 1) }
        #expect(named.training.labels.count + (named.validation?.labels.count ?? 0) + named.test.labels.count == 40)
        #expect(try named.test.fingerprint() == flat.test.fingerprint())
        #expect(try named.training.fingerprint() == flat.training.fingerprint())
    }
}
