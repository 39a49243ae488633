import Foundation
import SystemPackage
import TestData
import Testing

@testable import Datasets

@Suite("Random damage to data files")
struct DamageTests {
    /// One form of a data set: its files, and which of them is damaged.
    struct Form: CustomTestStringConvertible {
        let testDescription: String
        let files: [(name: String, bytes: [UInt8])]
        let damaged: String
        var signs = ""

        fileprivate init(
            _ name: String, _ files: [(name: String, bytes: [UInt8])], _ damaged: String, signs: String = ""
        ) {
            (testDescription, self.files, self.damaged, self.signs) = (name, files, damaged, signs)
        }
    }

    private static let images = FormFile.idx([3, 2, 3], (0..<18).map { UInt8($0 * 10) })
    private static let labels = FormFile.idx([3], [0, 1, 2])

    private static func four(_ packed: (_ bytes: [UInt8]) -> [UInt8], _ ending: String) -> [(String, [UInt8])] {
        ["train", "t10k"].flatMap {
            [
                ("\($0)-images-idx3-ubyte\(ending)", packed(images)),
                ("\($0)-labels-idx1-ubyte\(ending)", packed(labels)),
            ]
        }
    }

    private static let arrays = ["train", "test"].flatMap {
        [
            ("x_\($0).npy", FormFile.npy("|u1", [3, 2, 3], (0..<18).map { UInt8($0) })),
            ("y_\($0).npy", FormFile.npy("<i2", [3], [0, 0, 1, 0, 2, 0])),
        ]
    }

    private static let picture = FormFile.png(height: 2, width: 3, channels: 3, (0..<18).map { UInt8($0 * 9) })
    private static let table = "path,label,split\na.png,cat,train\nb.png,dog,train\na.png,dog,test\n"
    private static let cifar: [UInt8] = [1] + (0..<3072).map { UInt8(truncatingIfNeeded: $0) }

    private static let forms = [
        Form("IDX images", four({ $0 }, ""), "train-images-idx3-ubyte"),
        Form("IDX labels", four({ $0 }, ""), "t10k-labels-idx1-ubyte"),
        Form("packed IDX", four(gzip, ".gz"), "train-images-idx3-ubyte.gz"),
        Form("npz as it is", [("a.npz", FormFile.zip(arrays, method: 0))], "a.npz", signs: "0123456789-(),' <>|iuf"),
        Form("packed npz", [("a.npz", FormFile.zip(arrays))], "a.npz"),
        Form(
            "PNG", [("train/a/1.png", picture), ("train/b/2.png", picture), ("test/a/3.png", picture)], "train/b/2.png"),
        Form(
            "table", [("a.png", picture), ("b.png", picture), ("list.csv", Array(table.utf8))], "list.csv",
            signs: "\",\r\n/.0"),
        Form("CIFAR-10", [("data_batch_1.bin", cifar), ("test_batch.bin", cifar)], "data_batch_1.bin"),
    ]

    @Test(
        "300 damages to each form: a sentence that names the place, or a data set of the size that it says",
        arguments: forms)
    func random(form: Form) throws {
        var numbers = FixedNumbers(seed: 1)
        let folder = try Folder()
        for (name, bytes) in form.files {
            try FileManager.default.createDirectory(
                atPath: folder.path.appending(name).removingLastComponent().string, withIntermediateDirectories: true)
            try folder.write(bytes, as: name)
        }
        #expect(throws: Never.self) { try ImageDataset(folder.path, ReadingOptions()) }
        var refused = 0
        let bytes = form.files.first { $0.name == form.damaged }?.bytes ?? []
        for _ in 0..<300 {
            try folder.write(bytes.damaged(&numbers, signs: form.signs), as: form.damaged)
            do {
                let dataset = try ImageDataset(folder.path, ReadingOptions())
                for half in [dataset.training, dataset.test] {
                    #expect(try half.pixels().count == half.labels.count * dataset.shape.count)
                    #expect(half.labels.allSatisfy { Int($0) < dataset.classNames.count })
                }
                #expect(dataset.training.labels.count + dataset.test.labels.count > 0)
            } catch let error as DatasetError {
                refused += 1
                #expect(error.description.contains(folder.path.string) || error.description.contains("training images"))
            }
        }
        #expect(refused > 20, "\(refused) refused")
    }
}
