import SystemPackage
import Testing

@testable import Datasets

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite("Reading IDX files")
struct IDXTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    private func write(_ bytes: [UInt8]) throws -> FilePath {
        try folder.write(bytes, as: "file")
        return folder.path.appending("file")
    }

    /// Reads a file whole.
    private func read(_ bytes: [UInt8], _ content: IDXFile.Content = .images) throws -> (values: [UInt16], sizes: [Int])
    {
        let file = try IDXFile(try write(bytes), content)
        return (try file.values(), file.dimensions)
    }

    /// What a file is refused with: one line that names it.
    private func reason(_ bytes: [UInt8], _ content: IDXFile.Content = .images) throws -> String {
        _ = try write(bytes)
        return try reason(content)
    }

    private func reason(_ content: IDXFile.Content = .images) throws -> String {
        let path = folder.path.appending("file")
        let error = #expect(throws: DatasetError.self) { try IDXFile(path, content).values() }
        let description = try #require(error).description
        #expect(description.hasPrefix("\(path): "), "the file is named")
        #expect(!description.unicodeScalars.contains { $0.properties.generalCategory == .control }, "one line")
        #expect(description.hasSuffix(".") && description.count < 400, "a sentence")
        return description
    }

    @Test("raw and packed files give dimensions and values, whatever members the packed are made of")
    func whole() throws {
        let values = (0..<24).map { UInt8($0) }
        let bytes = idx([2, 3, 4], values)
        for form in [
            bytes, gzip(bytes), gzip(Array(bytes[..<9])) + gzip(Array(bytes[9...])),
            bytes.reduce(into: []) { $0 += gzip([$1]) }, gzip([]) + gzip(bytes) + gzip([]),
            gzip(bytes) + Array(repeating: 0, count: 100_000),
        ] {
            let file = try read(form)
            #expect(file.values == values.map(UInt16.init) && file.sizes == [2, 3, 4])
        }
    }

    @Test("a large file of two members has the values of both")
    func largeMembers() throws {
        let values = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        let bytes = idx([5, 1_000, 1_000], values)
        let (packed, expected) = (
            gzip(Array(bytes[..<3_000_001])) + gzip(Array(bytes[3_000_001...])), values.map(UInt16.init)
        )
        #expect(try read(packed).values == expected)
        #expect(try read(bytes).values == expected)
    }

    @Test("a file cut at any byte is refused", arguments: [false, true])
    func cut(isPacked: Bool) throws {
        let plain = idx([2, 3, 4], (0..<24).map { UInt8($0) })
        let whole = isPacked ? gzip(plain) : plain
        for length in 1..<whole.count { _ = try reason(Array(whole.prefix(length))) }
    }

    @Test("any changed bit of a packed file is refused, or changes nothing")
    func changedBits() throws {
        let values = (0..<24).map { UInt8($0) }
        let whole = gzip(idx([2, 3, 4], values))
        for bit in 0..<whole.count * 8 {
            var changed = whole
            changed[bit / 8] ^= 1 << (bit % 8)
            if let file = try? read(changed) {
                // The header's time stamp and operating system mean nothing.
                #expect(file.values == values.map(UInt16.init) && file.sizes == [2, 3, 4])
            }
        }
    }

    @Test("every type is read that holds whole numbers from 0 to 255")
    func types() throws {
        func bytes<Number: FixedWidthInteger>(_ numbers: [Number]) -> [UInt8] {
            numbers.flatMap { number in withUnsafeBytes(of: number.bigEndian) { Array($0) } }
        }
        let expected: [UInt16] = [0, 1, 127]
        let numbers = expected.map(Int.init)
        #expect(try read(idx([3], bytes(numbers.map(Int8.init)), type: 9), .labels).values == expected)
        #expect(try read(idx([3], bytes(numbers.map(Int16.init)), type: 11), .labels).values == expected)
        #expect(try read(idx([3], bytes(numbers.map(Int32.init)), type: 12), .labels).values == expected)
        #expect(
            try read(idx([3], bytes([0, 1, 127].map { Float($0).bitPattern }), type: 13), .labels).values == expected)
        let doubles = bytes([0, 1, 127].map { Double($0).bitPattern })
        #expect(try read(idx([3], doubles, type: 14), .labels).values == expected)
        #expect(try read(idx([1, 1, 3], doubles, type: 14)).values == expected)
        #expect(
            try read(idx([2], bytes([3, 999] as [Int16]), type: 11), .labels).values == [3, 999], "of labels 0 to 999")
        // The class is the first of QMNIST's eight numbers.
        let rows: [Int32] = [7, 0, 2_000, -1, 0, 30, 0, 0, 3, 4, 9_999, 8, 7, 6, 5, 4]
        #expect(try read(idx([2, 8], bytes(rows), type: 12), .labels).values == [7, 3])
    }

    struct Refusal: CustomTestStringConvertible {
        let bytes: [UInt8]
        let content: IDXFile.Content
        let words: [String]

        init(_ bytes: [UInt8], _ words: String..., content: IDXFile.Content = .images) {
            (self.bytes, self.words, self.content) = (bytes, words, content)
        }

        init(_ text: String, _ words: String...) {
            (bytes, self.words, content) = (Array(text.utf8), words, .images)
        }

        var testDescription: String { words.joined(separator: " … ") }
    }

    private static let good = idx([2, 3, 4], (0..<24).map { UInt8($0) })

    /// What servers and other programs leave in the place of a file.
    private static let strangers = [
        Refusal("<!DOCTYPE html>\n<html><head><title>403 Forbidden</title></head>", "an HTML page (403 Forbidden)"),
        Refusal("  \r\n<HTML><HEAD><TITLE>\nNot\n Found </TITLE>", "an HTML page (Not Found)"),
        Refusal("<html>", "an HTML page, not an IDX file. Fetch the file again."),
        Refusal("\u{FEFF}<!doctype html><title>İ \u{1}x</title>", "not an IDX file"),
        Refusal("<!doctype html><title>" + String(repeating: "long ", count: 300), "an HTML page"),
        Refusal("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "an XML document (AccessDenied)"),
        Refusal("<Error><Code>NoSuchKey</Code></Error>", "an XML document (NoSuchKey)"),
        Refusal("{\"message\": \"Not Found\"}", "a JSON text (“{\"message\": \"Not Found\"}”)"),
        Refusal("[1, 2]", "a JSON text"),
        Refusal("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9", "Git LFS", "git lfs pull"),
        Refusal("label,pixel1,pixel2\n5,0,0\n", "a text (“label,pixel1,pixel2 5,0,0”)"),
        Refusal("404: Not Found", "a text (“404: Not Found”)"),
        Refusal([0x50, 0x4B, 3, 4, 20, 0, 0, 0], "a ZIP archive", "Unpack it"),
        Refusal([0x50, 0x4B, 5, 6] + Array(repeating: 0, count: 18), "a ZIP archive"),
        Refusal([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C, 0, 4], "a 7-Zip archive"),
        Refusal(Array("Rar!\u{1A}\u{7}".utf8) + [0], "a RAR archive"),
        Refusal([0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10], "a PNG image"),
        Refusal([0xFF, 0xD8, 0xFF, 0xE0, 0, 16], "a JPEG image"), Refusal("GIF89a\u{1}", "a GIF image"),
        Refusal([0x42, 0x4D, 0x36, 0, 0, 0], "a BMP image"), Refusal([0x49, 0x49, 0x2A, 0], "a TIFF image"),
        Refusal([0x93] + Array("NUMPY".utf8) + [1, 0], "a NumPy array"),
        Refusal([0x89] + Array("HDF\r\n\u{1A}\n".utf8), "an HDF5 file"),
        Refusal("MATLAB 5.0 MAT-file, Platform", "a MATLAB file"), Refusal("PAR1\u{15}\u{4}", "a Parquet file"),
        Refusal("SQLite format 3\0", "an SQLite database"), Refusal("%PDF-1.7\n\u{1}", "a PDF document"),
        Refusal(Array("BZh91AY&SY".utf8) + [0x80], "bzip2"), Refusal([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "xz"),
        Refusal([0x28, 0xB5, 0x2F, 0xFD, 4], "zstd"), Refusal([0x04, 0x22, 0x4D, 0x18, 0x64], "lz4"),
        Refusal([0x1F, 0x9D, 0x90], "compress"), Refusal([0x80, 4, 0x95, 0], "a Python pickle"),
        Refusal([0x7F, 0x45, 0x4C, 0x46, 2], "a program"),
        Refusal(Array("train-images".utf8) + Array(repeating: 0, count: 245) + Array("ustar".utf8), "a tar archive"),
        Refusal(gzip(Array("<html><title>Sign in</title>".utf8)), "Its gzip data is an HTML page (Sign in)"),
        Refusal(gzip(gzip(good)), "Its gzip data is gzip data once more"),
        Refusal(Array(repeating: 0, count: 16), "zeros only"), Refusal([3, 8, 0, 0, 2, 0, 0, 0], "little-endian"),
        Refusal([0xDE, 0xAD, 0xBE, 0xEF], "it begins with DE AD BE EF", "00 00 08 03"), Refusal([7], "begins with 07"),
    ]

    /// IDX that is not what it should be.
    private static let wrong = [
        Refusal([0, 0], "ends within its header, after 2 bytes"),
        Refusal(Array(good.prefix(15)), "ends within its header"),
        Refusal([0, 0, 10, 3] + Array(good.dropFirst(4)), "the unknown type 0A"),
        Refusal([0, 0, 255, 3] + Array(good.dropFirst(4)), "the unknown type FF"),
        Refusal([0, 0, 8, 0, 1], "0 dimensions"), Refusal([0, 0, 8, 255, 1, 1, 1, 1], "255 dimensions"),
        Refusal(idx([3], [0, 1, 2]), "unsigned bytes in 1 dimension (3)", "images have 3"),
        Refusal(good, "unsigned bytes in 3 dimensions (2 × 3 × 4)", "labels have 1", content: .labels),
        Refusal(idx([2, 3], Array(repeating: 0, count: 6)), "2 dimensions (2 × 3)", content: .labels),
        Refusal(idx([1, 2, 3, 4, 1], Array(repeating: 0, count: 24)), "5 dimensions"),
        Refusal(idx([0, 28, 28], []), "there is nothing in it"), Refusal(gzip(idx([28, 0, 28], [])), "nothing in it"),
        Refusal(idx([0], []), "there is nothing in it", content: .labels),
        Refusal(idx([.max, .max, .max], [1]), "more than 8192 MiB"),
        Refusal(gzip(idx([.max, .max, .max], [1])), "more than 8192 MiB"),
        Refusal(idx([.max], [1]), "more than 512 MiB", content: .labels),
        Refusal(idx([1 << 18, 1 << 16, 1], [1]), "more than 8192 MiB"),
        // As many values, of eight bytes each.
        Refusal(idx([1 << 27], [1], type: 14), "more than 512 MiB", content: .labels),
        Refusal(gzip(idx([1, 20_000, 20_000], [1])), "can have at most"),
        Refusal(idx([1, 46_341, 1], [1]), "46,341 bytes of values are announced, 1 found"),
        Refusal(Array(good.dropLast()), "24 bytes of values are announced, 23 found", "cut short"),
        Refusal(gzip(Array(good.dropLast())), "24 bytes of values are announced, 23 found"),
        Refusal(good + [3], "24 bytes of values are announced and 25 found, 1 too many"),
        Refusal(good.flatMap { $0 == 10 ? [13, 10] : [$0] }, "25 found, 1 too many"),
        Refusal(gzip(good + [3]), "More follows after the last value"),
        Refusal(gzip(good) + gzip([3]), "More follows after the last value"),
        Refusal(gzip(good) + gzip(good), "More follows"), Refusal(gzip(good) + [3], "not gzip follows"),
        Refusal(gzip(good) + Array("\n".utf8), "not gzip follows"), Refusal(gzip(good) + [0x1F, 0], "damaged"),
        Refusal([0x1F, 0x8B], "no end"), Refusal([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], "no end"),
        Refusal([0x1F, 0x8B, 9, 0, 0, 0, 0, 0, 0, 3, 1], "unknown compression method"),
        Refusal(gzip([]), "Its gzip data is empty"),
        Refusal(idx([2], [1, 255], type: 9), "signed bytes", "position 1 is -1", content: .labels),
        Refusal(idx([1], [3, 232], type: 11), "16-bit integers", "position 0 is 1000", content: .labels),
        Refusal(idx([1], [255, 255, 255, 255], type: 12), "32-bit integers", "is -1", content: .labels),
        Refusal(idx([1, 1, 1], [0x3F, 0, 0, 0], type: 13), "32-bit floating-point", "is 0.5", "Convert"),
        Refusal(idx([1, 1, 1], [0x7F, 0xC0, 0, 0], type: 13), "is nan"),
        Refusal(idx([1, 1, 1], [0x7F, 0xF0, 0, 0, 0, 0, 0, 0], type: 14), "64-bit floating-point", "is inf"),
    ]

    @Test("bad files are refused by name, in a line", arguments: strangers + wrong)
    func refused(_ refusal: Refusal) throws {
        let reason = try reason(refusal.bytes, refusal.content)
        for words in refusal.words { #expect(reason.contains(words), "\(reason)") }
    }

    @Test("a gzip bomb is unpacked no further than its header says, and sparse files are not read")
    func bombs() throws {
        // 64 MB of zeros in 64 kB, behind a header for two bytes.
        #expect(try reason(gzip(idx([2, 1, 1], Array(repeating: 0, count: 64 << 20)))).contains("More follows"))
        for (header, words) in [
            (Self.good, "too many"), (idx([1_000_000, 200, 200], []), "more than 8192 MiB"),
            (gzip(Self.good), "more than 8192 MiB a file are not read"), ([0, 0], "zeros only"),
        ] {
            let path = try write(header).string
            try #require(truncate(path, 40 << 30) == 0)
            let start = ContinuousClock.now
            #expect(try reason().contains(words))
            #expect(.now - start < .seconds(5))
        }
    }

    @Test("folders, pipes, empty, absent and unreadable files are refused")
    func noFile() throws {
        #expect(try reason().contains("No such file"))
        #expect(try reason([]).contains("empty"))
        try #require(unlinked("file"))
        let path = folder.path.appending("file").string
        try #require(mkdir(path, 0o700) == 0)
        #expect(try reason().contains("folder"))
        rmdir(path)
        try #require(mkfifo(path, 0o600) == 0)
        #expect(try reason().contains("not a regular file"))
        try #require(unlinked("file"))
        try #require(symlink("/dev/zero", path) == 0)
        #expect(try reason().contains("not a regular file"))
        try #require(unlinked("file"))
        if getuid() != 0 {  // Root may read everything.
            try folder.write(idx([1], [1]), as: "file")
            chmod(path, 0)
            #expect(try reason(.labels).contains("cannot be read"))
        }
    }

    private func unlinked(_ name: String) -> Bool { unlink(folder.path.appending(name).string) == 0 }
}
