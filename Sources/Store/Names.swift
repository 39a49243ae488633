/// What models, data sets, schedules and aliases may be called: the tables' own checks, said before any work.
///
/// ASCII alone, so that a name can be typed on every keyboard and is spelt in one way.
package enum Names {
    private static let rule = "letters a to z, digits, “.”, “_” and “-”"

    /// - Returns: What is wrong with the name of a model, data set or schedule; `nil` for a right one.
    package static func fault(in name: String) -> String? {
        guard let first = name.utf8.first, isLetter(first) || isDigit(first), isWord(name) else {
            return "“\(name)” can't be a name: use \(rule), beginning with a letter or digit, at most 100."
        }
        return nil
    }

    /// - Returns: What is wrong with a name that shall be an alias; `nil` for a right one.
    package static func fault(inAlias name: String) -> String? {
        guard isAliasWord(name) else {
            return "“\(name)” can't be an alias: use \(rule), beginning with a letter, at most 100."
        }
        let lower = name.lowercased()
        let isNumber = lower.hasPrefix("v") && lower.utf8.dropFirst().allSatisfy { isDigit($0) || $0 == 0x2E }
        guard !["latest", "newest", "v"].contains(lower), !isNumber else {
            return "“\(name)” can't be an alias: it looks like a version. A version is written mlp@2, the newest mlp."
        }
        return nil
    }

    /// - Returns: What is wrong with what a producer of predictions is called; `nil` for what is right.
    package static func fault(inProducer name: String) -> String? {
        let isControl = { (scalar: Unicode.Scalar) in scalar.properties.generalCategory == .control }
        guard (1...200).contains(name.unicodeScalars.count), !name.unicodeScalars.contains(where: isControl),
            name.first != " ", name.last != " "
        else {
            return
                "“\(name)” can't be a producer: use 1 to 200 characters without line breaks and no space at either end."
        }
        return nil
    }

    /// Whether an alias may be written so, were it not for versions.
    static func isAliasWord(_ name: String) -> Bool { name.utf8.first.map(isLetter) == true && isWord(name) }

    private static func isWord(_ name: String) -> Bool {
        name.utf8.count <= 100 && name.utf8.allSatisfy { isLetter($0) || isDigit($0) || ".-_".utf8.contains($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
}
