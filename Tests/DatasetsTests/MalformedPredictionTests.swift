import SystemPackage
import TestData
import Testing

@testable import Datasets

@Suite("Malformed predictions from outside")
struct MalformedPredictionTests {
    /// A file, and the line that refuses it, without the folder.
    struct Malformed: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let line: String
        var areLogits = false

        var testDescription: String { name }
    }

    private static let all = archives + arrays + tables + others

    @Test("their number is that of Documentation/reliability.md")
    func count() {
        #expect(Self.all.count == 83)
    }

    @Test("each is refused with one line, which names the row", arguments: all)
    func refused(_ malformed: Malformed) throws {
        let folder = try Folder()
        try folder.write(malformed.bytes, as: "p")
        let error = try #require(throws: DatasetError.self) {
            _ = try OutsidePredictions(
                contentsOf: folder.path.appending("p").string, areLogits: malformed.areLogits)
        }
        #expect(error.description.replacing(folder.path.string + "/", with: "") == malformed.line)
    }

    @Test("numbers that may be logits are refused with that remedy")
    func remedy() throws {
        let folder = try Folder()
        let path = folder.path.appending("p").string
        for text in ["p0,p1\n-1,2\n", "p0,p1\n3,2\n"] {
            try folder.write(Array(text.utf8), as: "p")
            let error = try #require(throws: DatasetError.self) { _ = try OutsidePredictions(contentsOf: path) }
            guard case .settings(_, _, .logits) = error else {
                Issue.record("\(error)")
                continue
            }
            #expect(try OutsidePredictions(contentsOf: path, areLogits: true).count == 1)
        }
    }

    @Test("a path that is not there, a folder, an empty file")
    func paths() throws {
        let folder = try Folder()
        #expect(throws: DatasetError.file("/nowhere/p", "There is no such file.")) {
            try OutsidePredictions(contentsOf: "/nowhere/p")
        }
        #expect(throws: DatasetError.file(folder.path.string, "This is a folder, and a file is needed.")) {
            try OutsidePredictions(contentsOf: folder.path.string)
        }
        try folder.write([], as: "p")
        let path = folder.path.appending("p").string
        #expect(throws: DatasetError.file(path, "The file is empty. Fetch it again.")) {
            try OutsidePredictions(contentsOf: path)
        }
    }

    // MARK: The files

    private static func floats(_ numbers: [Float]) -> [UInt8] {
        numbers.flatMap { FormFile.littleEndian($0.bitPattern) }
    }

    private static let probabilities = FormFile.npy("<f4", [2, 2], floats([0.25, 0.75, 1, 0]))
    private static let predicted = FormFile.npy("|u1", [2], [1, 0])
    private static let digest = String(repeating: "0a", count: 32)

    /// An archive with probabilities and one array more.
    private static func beside(
        _ array: String, _ bytes: [UInt8], _ line: String, name: String? = nil
    ) -> Malformed {
        Malformed(
            name: name ?? array, bytes: FormFile.zip([("probabilities.npy", probabilities), ("\(array).npy", bytes)]),
            line: line)
    }

    private static func archive(
        _ name: String, _ files: [(String, [UInt8])], _ line: String, areLogits: Bool = false
    ) -> Malformed {
        Malformed(name: name, bytes: FormFile.zip(files), line: line, areLogits: areLogits)
    }

    private static let names =
        "The names are probabilities or logits, or predicted and confidence; and index, sha256, label."

    private static let archives: [Malformed] = [
        archive("an unknown array", [("probs.npy", probabilities)], "p: The array “probs” is not known. \(names)"),
        archive("PyTorch's own file", [("m/data.pkl", [0x80, 2])], "p: The array “m/data.pkl” is not known. \(names)"),
        archive(
            "nothing predicted", [("index.npy", predicted)],
            "p: It has no predictions: probabilities, logits or predicted are needed."),
        archive("no files", [], "p: It has no predictions: probabilities, logits or predicted are needed."),
        beside("predicted", predicted, "p: It has predicted and probabilities. Keep one of them."),
        beside("logits", probabilities, "p: It has logits and probabilities. Keep one of them."),
        beside(
            "confidence", FormFile.npy("<f4", [2], floats([1, 1])),
            "p: It has confidence beside probabilities, and it belongs to predicted. Leave it out."),
        archive(
            "label and labels", [("predicted", predicted), ("label", predicted), ("labels.npy", predicted)],
            "p: It has “label” and “labels.npy”. Keep one of them."),
        archive(
            "probabilities announced as logits", [("probabilities", probabilities)],
            "p: It has probabilities, and logits are announced. Call the array logits.", areLogits: true),
        archive(
            "classes announced as logits", [("predicted", predicted)],
            "p: It has predicted classes, and logits are announced.", areLogits: true),
        beside(
            "index", FormFile.npy("|u1", [3], [0, 1, 2]),
            "p: index has 3 rows, and probabilities 2. They do not belong together.", name: "an index too long"),
        beside(
            "label", FormFile.npy("|u1", [1], [0]),
            "p: label has 1 rows, and probabilities 2. They do not belong together.", name: "labels too few"),
        beside(
            "index", FormFile.npy("|u1", [2], [4, 4]), "p:index.npy: Row 1: the index 4 is also that of row 0.",
            name: "an index twice"),
        beside(
            "index", FormFile.npy("|i1", [2], [0, 255]),
            "p:index.npy: Row 1: the index is -1, and must be a whole number from 0 to 99999999.",
            name: "an index below 0"),
        beside(
            "index", FormFile.npy("<u8", [2], [0, 0, 0, 0, 0, 0, 0, 0] + [255, 255, 255, 255, 255, 255, 255, 255]),
            "p:index.npy: Row 1: the index is 1.8446744073709552e+19, and must be a whole number from 0 to 99999999.",
            name: "an index of 2⁶⁴ − 1"),
        beside(
            "index", FormFile.npy("<f4", [2], floats([0, 1])),
            "p:index.npy: It holds float32, and an index is an integer. Convert it with astype(\"int64\").",
            name: "an index of floats"),
        beside(
            "index", FormFile.npy("|u1", [2, 2], [0, 1, 2, 3]),
            "p:index.npy: It has the shape 2 × 2, and index is one number a row.", name: "an index of two columns"),
        beside(
            "label", FormFile.npy("|u1", [2], [0, 2]),
            "p:label.npy: Row 1: the label is 2, and there are 2 classes (0 to 1).", name: "a label that is no class"),
        beside(
            "label", FormFile.npy("|u1", [2, 2], [0, 1, 1, 0]),
            "p:label.npy: It has the shape 2 × 2, and label is one number a row. Of one-hot rows write argmax(axis=1).",
            name: "one-hot labels"),
        archive(
            "a class of 1,000", [("predicted.npy", FormFile.npy("<u2", [2], [0, 0, 232, 3]))],
            "p:predicted.npy: Row 1: the predicted class is 1000, and must be a whole number from 0 to 999."),
        archive(
            "a class and a half", [("predicted.npy", FormFile.npy("<f4", [2], floats([1, 1.5])))],
            "p:predicted.npy: Row 1: the predicted class is 1.5, and must be a whole number from 0 to 999."),
        archive(
            "a confidence that is no number",
            [("predicted", predicted), ("confidence.npy", FormFile.npy("<f4", [2], floats([1, .nan])))],
            "p:confidence.npy: Row 1: the confidence is nan, and must be from 0 to 1."),
        archive(
            "a confidence of 1.5",
            [("predicted", predicted), ("confidence", FormFile.npy("<f4", [2], floats([1.5, 1])))],
            "p:confidence: Row 0: the confidence is 1.5, and must be from 0 to 1."),
        beside(
            "sha256", FormFile.npy("|S64", [2], Array((digest + "g" + digest.dropFirst()).utf8)),
            "p:sha256.npy: Row 1: the digest is not 64 hexadecimal digits.", name: "a digest with another letter"),
        beside(
            "sha256",
            FormFile.npy(
                "<U64", [2],
                (digest + digest.dropLast() + "é").unicodeScalars.flatMap { FormFile.littleEndian($0.value) }),
            "p:sha256.npy: Row 1: the digest is not 64 hexadecimal digits.", name: "a digest beyond ASCII"),
        beside(
            "sha256", FormFile.npy("|S64", [2], Array(digest.utf8) + [UInt8](repeating: 0, count: 64)),
            "p:sha256.npy: Row 1: the digest is not 64 hexadecimal digits.", name: "no digest"),
        beside(
            "sha256", FormFile.npy("|S40", [2], [UInt8](repeating: 48, count: 80)),
            "p:sha256.npy: It holds 2 texts of 40 bytes; digests are texts of 64 characters, or rows × 32 uint8.",
            name: "digests of another kind"),
        beside(
            "sha256", FormFile.npy("|u1", [2, 20], [UInt8](repeating: 0, count: 40)),
            "p:sha256.npy: It holds 2 × 20 uint8; digests are texts of 64 characters, or rows × 32 uint8.",
            name: "digests of 20 bytes"),
        beside(
            "label", FormFile.npy("<U1", [2], [UInt8](repeating: 0, count: 8)),
            "p:label.npy: It holds text; integers, float16, float32 and float64 are read. Convert it with astype(\"int64\").",
            name: "labels of text"),
    ]

    private static func array(
        _ name: String, _ type: String, _ shape: [Int], _ values: [UInt8], _ line: String, areLogits: Bool = false
    ) -> Malformed {
        Malformed(name: name, bytes: FormFile.npy(type, shape, values), line: line, areLogits: areLogits)
    }

    private static func rows(
        _ name: String, _ values: [Float], _ line: String, areLogits: Bool = false
    ) -> Malformed {
        array(name, "<f4", [values.count / 2, 2], floats(values), line, areLogits: areLogits)
    }

    private static let read = "integers, float16, float32 and float64 are read. Convert it with astype(\"float32\")."

    private static let arrays: [Malformed] = [
        rows("NaN", [0.5, 0.5, .nan, 1], "p: Row 1: the probability of class 0 is nan."),
        rows("an infinite probability", [0, .infinity], "p: Row 0: the probability of class 1 is inf."),
        rows("an infinite logit", [0, 5, 0, -.infinity], "p: Row 1: the logit of class 1 is -inf.", areLogits: true),
        rows("a negative probability", [1, 0, 1.25, -0.25], "p: Row 1: the probability of class 1 is -0.25."),
        rows(
            "a sum too large", [1, 0, 0, 1, 1, 0.0078125],
            "p: Row 2: its probabilities add up to 1.0078125, and 1 is needed, give or take 0.001."),
        rows(
            "a sum of zero", [0, 0], "p: Row 0: its probabilities add up to 0, and 1 is needed, give or take 0.001."),
        array("objects", "|O", [2, 2], [0], "p: It holds Python objects, which need pickle; \(read)"),
        array("complex numbers", "<c8", [2, 2], [0], "p: It holds complex numbers; \(read)"),
        array("times", "<M8[s]", [2, 2], [0], "p: It holds times; \(read)"),
        array("text", "<U64", [2, 2], [0], "p: It holds text; \(read)"),
        array("long doubles", "<f16", [2, 2], [0], "p: It holds numbers of the type float128; \(read)"),
        array(
            "big-endian numbers", ">f4", [1, 2], [0, 0, 0, 0, 0, 0, 0, 0],
            "p: Its float32 is big-endian, and little-endian is read. Convert it with astype(\"float32\")."),
        array(
            "one dimension", "<f4", [2], floats([0, 1]), "p: It has the shape 2, and probabilities have rows × classes."
        ),
        array(
            "three dimensions", "<f4", [1, 1, 2], floats([0, 1]),
            "p: It has the shape 1 × 1 × 2, and logits have rows × classes.", areLogits: true),
        array("one class", "<f4", [2, 1], floats([1, 1]), "p: It has 1 class; 2 to 1,000 are possible."),
        array(
            "too many classes", "|u1", [1, 1001], [1] + [UInt8](repeating: 0, count: 1000),
            "p: It has 1,001 classes; 2 to 1,000 are possible."),
        array("no rows", "<f4", [0, 10], [], "p: Its shape is 0 × 10: there is nothing in it."),
        array(
            "values cut short", "<f4", [2, 2], floats([0, 1, 1]),
            "p: 16 bytes of values are announced, 12 found. It is cut short; get the file again."),
        array(
            "a terabyte announced", "<f4", [1 << 34, 10], [0],
            "p: It announces 17179869184 × 10 float32; more than 8 GiB an array are not read."),
        Malformed(
            name: "a packed bomb of rows",
            bytes: gzip(FormFile.npy("|u1", [100_000_001, 2], [UInt8](repeating: 0, count: 8))),
            line: "p: It has 100,000,001 rows; at most 100,000,000 are read."),
        Malformed(
            name: "a packed bomb of probabilities",
            bytes: gzip(FormFile.npy("|u1", [99_000_000, 11], [UInt8](repeating: 0, count: 8))),
            line: "p: It has more than 1,073,741,824 probabilities, which are not read."),
        Malformed(
            name: "packed data that ends early", bytes: gzip(FormFile.npy("|u1", [90_000_000, 2], [1, 0])),
            line: "p: 180,000,000 bytes of values are announced, 2 found. It is cut short; get the file again."),
        Malformed(
            name: "a ZIP bomb",
            bytes: FormFile.zip([("probabilities.npy", probabilities)], announced: 1 << 31),
            line: "p:probabilities.npy: 2,147,483,648 bytes are announced, and its 81 bytes cannot hold them. Get the "
                + "file again."),
    ]

    private static func table(
        _ name: String, _ text: String, _ line: String, areLogits: Bool = false
    ) -> Malformed {
        Malformed(name: name, bytes: Array(text.utf8), line: line, areLogits: areLogits)
    }

    private static let columns =
        "The names are p0, p1 and so on, or predicted and confidence; and index, sha256, label."

    private static let tables: [Malformed] = [
        table("NaN", "index,p0,p1\n0,1,0\n\n1,nan,1\n", "p:4: Row 1: the probability of class 0 is nan."),
        table("a number too large", "p0,p1\n0,1e999\n", "p:2: Row 0: the probability of class 1 is inf."),
        table(
            "a sum too small", "p0,p1\n0.5,0.25\n",
            "p:2: Row 0: its probabilities add up to 0.75, and 1 is needed, give or take 0.001."),
        table(
            "a word", "p0,p1\n1,0\n0,sure\n",
            "p:3: Row 1: the probability of class 1 is “sure”, and a number is needed."),
        table(
            "an empty cell", "index,predicted\n0,\n", "p:2: Row 0: the predicted class is “”, and a number is needed."),
        table("a row too short", "p0,p1\n1,0\n1\n", "p:3: Row 1: it has 1 cells; the first line has 2."),
        table("a row too long", "p0,p1\n1,0,0\n", "p:2: Row 0: it has 3 cells; the first line has 2."),
        table(
            "an index twice", "index,predicted\n5,1\n5,1\n", "p:3: Row 1: the index 5 is also that of row 0 (line 2)."),
        table(
            "an index of ½", "index,predicted\n0.5,1\n",
            "p:2: Row 0: the index is 0.5, and must be a whole number from 0 to 99999999."),
        table(
            "a class below 0", "predicted\n-1\n",
            "p:2: Row 0: the predicted class is -1, and must be a whole number from 0 to 999."),
        table(
            "a confidence of 98 %", "predicted,confidence\n1,98\n",
            "p:2: Row 0: the confidence is 98, and must be from 0 to 1."),
        table(
            "a label that is no class", "p0,p1,label\n1,0,1\n1,0,2\n",
            "p:3: Row 1: the label is 2, and there are 2 classes (0 to 1)."),
        table(
            "a digest too short", "predicted,sha256\n1,abc\n",
            "p:2: Row 0: the digest is “abc”, and 64 hexadecimal digits are needed."),
        table("an unknown column", "index,p0,p1,p(2)\n", "p:1: The column “p(2)” is not known. \(columns)"),
        table(
            "the index of pandas", ",p0,p1\n0,1,0\n",
            "p:1: The column “” is not known. \(columns) With pandas write to_csv(…, index=False)."),
        table("a column twice", "p0,p1,p0\n", "p:1: The column “p0” is there twice."),
        table("a gap among the classes", "p0,p2\n1,0\n", "p:1: It has p2, and no p1."),
        table("one class", "index,p0\n0,1\n", "p:1: It has 1 class; 2 to 1,000 are possible."),
        table(
            "both kinds of answers", "predicted,p0,p1\n", "p:1: It has predicted and probabilities. Keep one of them."),
        table(
            "confidence alone", "index,confidence\n",
            "p:1: It has no predictions: probabilities, logits or predicted are needed."),
        table("no rows", "index,p0,p1\n", "p: It has no rows."),
        table(
            "a quotation mark that is not closed", "p0,p1\n\"1,0\n",
            "p:2: A quotation mark is not closed, or stands within a cell."),
        Malformed(
            name: "Latin-1", bytes: Array("p0,p1,".utf8) + [0xE9, 10],
            line: "p:1: It is not a text in UTF-8. Convert it with: iconv -f LATIN1 -t UTF-8"),
        table(
            "a row that does not end", "p0,p1\n" + String(repeating: "1", count: 3 << 20),
            "p:2: The row has more than 1,048,576 bytes."),
        table(
            "classes announced as logits", "predicted\n1\n", "p:1: It has predicted classes, and logits are announced.",
            areLogits: true),
    ]

    private static let forms =
        "and predictions are an .npz, an .npy or a table that begins with index,p0,p1 or index,predicted."

    private static let others: [Malformed] = [
        Malformed(name: "a pickle", bytes: [0x80, 4, 0x95, 0], line: "p: This is a Python pickle, \(forms)"),
        Malformed(
            name: "a web page", bytes: Array("<html><title>404</title></html>".utf8),
            line: "p: This is an HTML page (404), \(forms)"),
        Malformed(
            name: "a table of other columns", bytes: Array("id,answer\n1,2\n".utf8),
            line: "p: This is a text (“id,answer 1,2”), \(forms)"),
        Malformed(
            name: "an HDF5 file", bytes: [0x89] + Array("HDF\r\n\u{1A}\n".utf8),
            line: "p: This is an HDF5 file, \(forms)"),
        Malformed(name: "random bytes", bytes: [1, 2, 3, 250], line: "p: This is of no form that is known, \(forms)"),
        Malformed(
            name: "a ZIP archive that is cut",
            bytes: Array(FormFile.zip([("predicted", predicted)]).dropLast(30)),
            line:
                "p: The ZIP archive cannot be read (not a zip archive). It is cut short or damaged; get the file again."
        ),
    ]
}
