import SystemPackage
import TestData
import Testing

@testable import Datasets

@Suite("Rows of predictions and samples")
struct PredictionAlignmentTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    /// Four test samples of three classes; the images of the second and the fourth are equal.
    private static let samples = PredictedSamples(
        name: "toy@1", classes: 3, labels: [0, 1, 2, 1], digests: [digest(1), digest(2), digest(3), digest(2)])

    private static func digest(_ pixel: UInt8) -> ImageDigest {
        withUnsafeBytes(of: pixel) { ImageDigest(ofImage: $0, channels: 1) }
    }

    private func rows(_ table: String) throws -> [Int] {
        try folder.write(Array(table.utf8), as: "p.csv")
        return try OutsidePredictions(contentsOf: folder.path.appending("p.csv").string).rows(of: Self.samples)
    }

    /// A table with the digests of one-pixel images.
    private func table(of pixels: [UInt8], labels: [Int]? = nil) -> String {
        let lines = pixels.enumerated().map { row, pixel in
            "\(Self.digest(pixel)),\(row % 3)" + (labels.map { ",\($0[row])" } ?? "")
        }
        return (["sha256,predicted" + (labels == nil ? "" : ",label")] + lines).joined(separator: "\n")
    }

    @Test("rows are found by digest, the first of equal images first; else by index; else they come in order")
    func found() throws {
        #expect(try rows(table(of: [2, 3, 2, 1])) == [3, 0, 1, 2])
        #expect(try rows(table(of: [2, 3, 2, 1], labels: [1, 2, 1, 0])) == [3, 0, 1, 2])
        #expect(try rows("index,predicted\n2,0\n0,1\n3,1\n1,2") == [1, 3, 0, 2])
        #expect(try rows("predicted,label\n0,0\n1,1\n1,2\n2,1") == [0, 1, 2, 3])
        #expect(try rows("p0,p1,p2\n1,0,0\n1,0,0\n0,1,0\n0,0,1") == [0, 1, 2, 3])
    }

    @Test("images of several channels have the digest of their pixels' bytes")
    func colour() throws {
        // hashlib.sha256(numpy.arange(12, dtype=numpy.uint8).reshape(2, 2, 3).tobytes())
        let planes: [UInt8] = [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]
        let digest = planes.withUnsafeBytes { ImageDigest(ofImage: $0, channels: 3) }
        #expect("\(digest)" == "fff3a9bcdd37363d703c1c4f9512533686157868f0d4f16a0f02d0f1da24f9a2")
    }

    @Test("what does not belong together is refused, and told by row and sample")
    func refused() throws {
        let unknown = Self.digest(9)
        for (table, expected) in [
            ("predicted\n0\n1\n2", "It has 3 rows, and toy@1 has 4 test samples."),
            ("predicted\n0\n1\n2\n1\n0", "It has 5 rows, and toy@1 has 4 test samples."),
            ("p0,p1\n1,0\n1,0\n1,0\n1,0", "It has 2 classes, and toy@1 has 3."),
            ("predicted\n0\n1\n3\n1", "Row 2: the predicted class is 3, and toy@1 has 3 classes (0 to 2)."),
            (
                "index,predicted\n0,1\n1,1\n2,1",
                "1 of the 4 test samples of toy@1 have no row, the first of them is sample 3."
            ),
            (
                "index,predicted\n3,1\n1,1",
                "2 of the 4 test samples of toy@1 have no row, the first of them is sample 0."
            ),
            ("index,predicted\n0,1\n4,1", "Row 1: the index is 4, and toy@1 has 4 test samples, counted from 0."),
            (table(of: [2, 3, 2, 2]), "Row 3: all test images of toy@1 with its digest have a row already."),
            (table(of: [2, 9, 2, 1]), "Row 1: no test image of toy@1 has the digest \(unknown)."),
            (table(of: [2, 3, 1]), "1 of the 4 test samples of toy@1 have no row, the first of them is sample 3."),
            (table(of: [9, 8, 7, 6]), "No digest is that of a test image of toy@1."),
            (
                "predicted,label\n0,0\n1,2\n1,2\n2,0",
                "Row 1: the label is 2, and that of sample 1 of toy@1 is 1; so 2 of 4 labels differ. Rows in another order need the index or the sha256 of their samples."
            ),
            (
                table(of: [2, 3, 2, 1], labels: [1, 0, 1, 0]),
                "Row 1: the label is 0, and that of sample 2 of toy@1 is 2; so 1 of 4 labels differ."
            ),
        ] {
            let error = #expect(throws: DatasetError.self, "\(table)") { try rows(table) }
            let text = "\(try #require(error))"
            #expect(text.contains("p.csv") && text.contains(expected), "\(text)")
        }
    }
}
