import SystemPackage

/// Names of classes from files and folders.
package enum ClassNames {
    /// The names in a file, one a line, label 0 first.
    ///
    /// - Throws: `DatasetError.file` when one is empty, there twice, or not fit to be shown.
    package static func lines(of path: FilePath) throws -> [String] {
        var lines = try text(of: path, limit: 1 << 20).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline
        ).map { $0.trimmed }
        while lines.last == "" { lines.removeLast() }
        try check(lines, of: path)
        return lines
    }

    /// - Throws: `DatasetError.file`.
    static func check(_ names: [String], of path: FilePath) throws {
        if let fault = fault(in: names) { throw DatasetError.file(path.string, fault) }
    }

    /// The one rule for names of classes, wherever they come from.
    ///
    /// - Returns: What is wrong with them; `nil` for names that a data set may have.
    package static func fault(in names: [String]) -> String? {
        guard (2...ImageDataset.mostClasses).contains(names.count) else {
            return "It names \(names.count) class\(names.count == 1 ? "" : "es"); 2 to 1,000 are possible."
        }
        var seen: Set<String> = []
        for (label, name) in names.enumerated() {
            guard !name.isEmpty else { return "The name of class \(label) is empty." }
            guard name.utf8.count <= 200, !name.unicodeScalars.contains(where: { isUnfit($0) }) else {
                return
                    "The name of class \(label) is longer than 200 bytes, or has control characters or bytes that are "
                    + "not UTF-8."
            }
            guard seen.insert(name).inserted else { return "The class “\(name)” is there twice." }
        }
        return nil
    }

    private static func isUnfit(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control || scalar == "\u{FFFD}"
    }

    /// A whole text file, without its byte-order mark.
    ///
    /// - Throws: `DatasetError.file` also when it is not UTF-8.
    static func text(of path: FilePath, limit: Int) throws -> String {
        let file = try SourceFile(path)
        let bytes = try file.read(upTo: min(limit, file.isPacked ? limit : file.storedSize) + 1)
        guard bytes.count <= limit else {
            throw DatasetError.file(path.string, "It has more than \(limit >> 20) MiB of text, which are not read.")
        }
        guard let text = String(validating: bytes.drop(prefix: [0xEF, 0xBB, 0xBF]), as: UTF8.self) else {
            throw DatasetError.file(
                path.string, "It is not a text in UTF-8. Convert it with: iconv -f LATIN1 -t UTF-8")
        }
        return text
    }
}

extension StringProtocol {
    var trimmed: String {
        let start = drop { $0.isWhitespace }
        return String(start.prefix(start.count - start.reversed().prefix { $0.isWhitespace }.count))
    }
}

extension Array where Element == UInt8 {
    fileprivate func drop(prefix: [UInt8]) -> ArraySlice<UInt8> {
        starts(with: prefix) ? dropFirst(prefix.count) : self[...]
    }
}
