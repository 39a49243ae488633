/// The single statements of a script, each with the comments before it.
///
/// Knows what may hold a semicolon that ends nothing: quoted texts and names, dollar quotes, comments.
func statements(of script: String) -> [String] {
    let text = Array(script.utf8)
    var statements: [String] = []
    var start = 0
    var index = 0

    /// Whether `word` stands at the index.
    func stands(_ word: some Collection<UInt8>) -> Bool { text[index...].starts(with: word) }

    func skip(past end: some Collection<UInt8>) {
        while index < text.count, !stands(end) { index += 1 }
        index = min(index + end.count, text.count)
    }

    while index < text.count {
        let character = text[index]
        if stands("--".utf8) {
            skip(past: "\n".utf8)
        } else if stands("/*".utf8) {
            skip(past: "*/".utf8)
        } else if character == UInt8(ascii: "'") || character == UInt8(ascii: "\"") {
            index += 1
            skip(past: [character])
        } else if character == UInt8(ascii: "$"), let tag = dollarTag(text[index...]) {
            index += tag.count
            skip(past: tag)
        } else if character == UInt8(ascii: ";") {
            index += 1
            statements.append(String(decoding: text[start..<index], as: UTF8.self))
            start = index
        } else {
            index += 1
        }
    }
    let rest = String(decoding: text[start...], as: UTF8.self)
    let hasStatement = rest.split(separator: "\n").contains { line in
        let words = line.drop { $0 == " " }
        return !words.isEmpty && !words.hasPrefix("--")
    }
    return hasStatement ? statements + [rest] : statements
}

/// `$$` or `$word$`, when that is what the text begins with.
private func dollarTag(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let end = text.dropFirst().firstIndex(of: UInt8(ascii: "$")) else { return nil }
    let tag = text[text.startIndex...end]
    let isWord = tag.dropFirst().dropLast().allSatisfy { byte in
        let character = Character(Unicode.Scalar(byte))
        return character.isLetter || character.isNumber || character == "_"
    }
    return isWord ? tag : nil
}
