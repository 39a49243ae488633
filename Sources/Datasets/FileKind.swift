/// What a file is that is not IDX, by its first bytes.
struct FileKind {
    /// With its article, e.g. “an HTML page (403 Forbidden)”.
    let name: String
    /// What to do about it, a sentence.
    let remedy: String

    private static let again = "Fetch the file again."
    private static let unpack = "Unpack it, and name the folder that holds the four IDX files."
    private static let convert = "Convert the data to IDX."

    /// - Returns: `nil` for bytes that nothing known begins with.
    init?(_ bytes: [UInt8]) {
        // A byte-order mark and white space may stand before text.
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        let text = String(decoding: start, as: UTF8.self).drop { $0.isWhitespace }
        let isText = !bytes.contains { $0 < 0x20 && !(9...13).contains($0) || $0 == 0x7F }
        if isText, let kind = Self.text(text) {
            self = kind
        } else if let known = Self.magics.first(where: { bytes.dropFirst($0.offset).starts(with: $0.bytes) }) {
            self.init(name: known.name, remedy: known.remedy)
        } else if isText, !text.isEmpty, !text.prefix(40).contains("\u{FFFD}") {
            self.init(name: "a text (“\(Self.excerpt(text))”)", remedy: Self.again)
        } else if bytes.count > 4, bytes.allSatisfy({ $0 == 0 }) {
            self.init(name: "a file that begins with zeros only", remedy: Self.again)
        } else if bytes.count >= 4, bytes[2...3].elementsEqual([0, 0]), (1...4).contains(bytes[0]),
            IDXType(rawValue: bytes[1]) != nil
        {
            self.init(
                name: "a file with a little-endian header", remedy: "IDX is big-endian; write the file so.")
        } else {
            return nil
        }
    }

    private init(name: String, remedy: String) {
        self.name = name
        self.remedy = remedy
    }

    /// Texts that servers and other programs leave.
    private static func text(_ text: Substring) -> FileKind? {
        let lower = text.lowercased()
        if lower.hasPrefix("<!doctype html") || lower.hasPrefix("<html") || lower.hasPrefix("<head") {
            return FileKind(name: "an HTML page\(inBrackets(content(of: "title", in: text)))", remedy: again)
        }
        if lower.hasPrefix("<?xml") || lower.hasPrefix("<error") {
            let about = content(of: "Code", in: text) ?? content(of: "title", in: text)
            return FileKind(name: "an XML document\(inBrackets(about))", remedy: again)
        }
        if let first = text.first, first == "{" || first == "[" {
            return FileKind(name: "a JSON text (“\(excerpt(text))”)", remedy: again)
        }
        if text.hasPrefix("version https://git-lfs") {
            return FileKind(name: "a pointer of Git LFS", remedy: "Run git lfs pull to get the file itself.")
        }
        return nil
    }

    private static func inBrackets(_ text: String?) -> String { text.map { " (\($0))" } ?? "" }

    /// What stands between an element's tags.
    private static func content(of element: String, in text: Substring) -> String? {
        guard let start = text.lowercased().firstRange(of: "<\(element.lowercased())>")?.upperBound,
            let end = text.lowercased()[start...].firstIndex(of: "<")
        else { return nil }
        // Positions of the text in lower case, which may differ from the other's.
        let lower = text.lowercased()
        let (skipped, count) = (lower.distance(from: lower.startIndex, to: start), lower.distance(from: start, to: end))
        let found = excerpt(text.dropFirst(skipped).prefix(count))
        return found.isEmpty ? nil : found
    }

    /// One short line of it.
    private static func excerpt(_ text: Substring) -> String {
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            .unicodeScalars.filter { $0.properties.generalCategory != .control }
        let line = String(String.UnicodeScalarView(words))
        return line.count > 40 ? line.prefix(40) + "…" : line
    }

    private static let magics: [(bytes: [UInt8], offset: Int, name: String, remedy: String)] = [
        ([0x50, 0x4B, 0x03, 0x04], 0, "a ZIP archive", unpack), ([0x50, 0x4B, 0x05, 0x06], 0, "a ZIP archive", unpack),
        ([0xFF, 0xFE], 0, "a text in UTF-16", "Convert it with: iconv -f UTF-16 -t UTF-8"),
        ([0xFE, 0xFF], 0, "a text in UTF-16", "Convert it with: iconv -f UTF-16 -t UTF-8"),
        (Array("ustar".utf8), 257, "a tar archive", unpack),
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], 0, "a 7-Zip archive", unpack),
        (Array("Rar!".utf8), 0, "a RAR archive", unpack),
        ([0x1F, 0x8B], 0, "gzip data once more", "Unpack it once."),
        ([0x1F, 0x9D], 0, "a file packed by compress", "Unpack it."),
        (Array("BZh".utf8), 0, "a file packed by bzip2", "Unpack it."),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A], 0, "a file packed by xz", "Unpack it."),
        ([0x28, 0xB5, 0x2F, 0xFD], 0, "a file packed by zstd", "Unpack it."),
        ([0x04, 0x22, 0x4D, 0x18], 0, "a file packed by lz4", "Unpack it."),
        ([0x89, 0x50, 0x4E, 0x47], 0, "a PNG image", convert), ([0xFF, 0xD8, 0xFF], 0, "a JPEG image", convert),
        (Array("GIF8".utf8), 0, "a GIF image", convert), (Array("BM".utf8), 0, "a BMP image", convert),
        (Array("RIFF".utf8), 0, "a RIFF file (WebP, WAV)", convert),
        (Array("II*".utf8), 0, "a TIFF image", convert), ([0x4D, 0x4D, 0x00, 0x2A], 0, "a TIFF image", convert),
        ([0x93] + Array("NUMPY".utf8), 0, "a NumPy array (.npy)", convert),
        ([0x89] + Array("HDF".utf8), 0, "an HDF5 file", convert), (Array("MATLAB".utf8), 0, "a MATLAB file", convert),
        (Array("PAR1".utf8), 0, "a Parquet file", convert), (Array("SQLite".utf8), 0, "an SQLite database", convert),
        (Array("%PDF".utf8), 0, "a PDF document", again), ([0x7F] + Array("ELF".utf8), 0, "a program", again),
        ([0x80, 0x02], 0, "a Python pickle", convert), ([0x80, 0x03], 0, "a Python pickle", convert),
        ([0x80, 0x04], 0, "a Python pickle", convert), ([0x80, 0x05], 0, "a Python pickle", convert),
    ]
}
