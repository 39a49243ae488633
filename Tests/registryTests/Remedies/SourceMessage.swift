import Foundation

@testable import registry

/// A text that stands in the sources: what the program may print.
struct SourceMessage: Hashable, CustomStringConvertible {
    /// Within `Sources`, without the extension.
    let file: String
    /// What stands between the values that are filled in.
    let pieces: [String]
    /// Whether it is shown by `--help` alone.
    let isHelp: Bool

    /// As in the source, with “…” for each value.
    var text: String { pieces.joined(separator: "…") }

    var description: String { "\(file): \(text)" }

    /// Whether a printed line has it, whatever the values.
    func isIn(_ line: String) -> Bool {
        var rest = line[...]
        for piece in pieces.map({ $0.trimmingCharacters(in: .newlines) }) where !piece.isEmpty {
            guard let place = rest.range(of: piece) else { return false }
            rest = rest[place.upperBound...]
        }
        return true
    }

    /// Whether it says what to type: a command of this program, a flag, a setting, a program of the system.
    var advises: Bool {
        guard !isHelp, text.contains(" ") else { return false }
        let names = Registry.configuration.subcommands.compactMap { $0.configuration.commandName }
        return text.contains(/(^|[ “(])--[a-z…]/) || text.contains(/REGISTRY_|TMPDIR|ulimit |e\.g\.|Try again/)
            || text.contains(#/: (apt-get|createdb|rm|mv|chmod|kill) /#)
            || names.contains { text.contains("registry \($0)") }
    }

    /// All of the folders whose messages reach a person.
    static let all: [SourceMessage] = {
        let sources = URL(filePath: #filePath).appending(path: "../../../../Sources").standardizedFileURL
        return ["Datasets", "Judgement", "PostgreSQL", "Store", "Trainer", "registry"].flatMap { folder in
            let names =
                (try? FileManager.default.subpathsOfDirectory(atPath: sources.appending(path: folder).path)) ?? []
            return names.filter { $0.hasSuffix(".swift") }.sorted().flatMap { name -> [SourceMessage] in
                let path = "\(folder)/\(name)"
                let bytes = (try? Data(contentsOf: sources.appending(path: path))) ?? Data()
                return StringLiterals(Array(bytes)).all.map {
                    SourceMessage(file: String(path.dropLast(6)), pieces: $0.pieces, isHelp: $0.isHelp)
                }
            }
        }
    }()

    /// Those of a file that are this text, or, if there are none, that have it.
    static func named(_ text: String, in file: String) -> [SourceMessage] {
        let there = all.filter { $0.file == file }
        let same = there.filter { $0.text == text }
        return same.isEmpty ? there.filter { $0.text.contains(text) } : same
    }
}

/// The string literals of a Swift source; those that “+” joins are one.
struct StringLiterals {
    struct Literal {
        var pieces: [String]
        let isHelp: Bool
    }

    private(set) var all: [Literal] = []
    private let bytes: [UInt8]
    private var place = 0

    init(_ source: [UInt8]) {
        bytes = source
        var end = 0
        while place < bytes.count {
            if starts("//") {
                place = bytes[place...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            } else if let hashes = openingHashes() {
                let before = String(decoding: bytes[end..<place], as: UTF8.self)
                let pieces = literal(hashes)
                end = place
                if before.trimmingCharacters(in: .whitespacesAndNewlines) == "+", let last = all.popLast() {
                    let joint = (last.pieces.last ?? "") + pieces[0]
                    all.append(
                        Literal(pieces: last.pieces.dropLast() + [joint] + pieces.dropFirst(), isHelp: last.isHelp))
                } else {
                    let isHelp = before.contains(/(help|abstract|discussion|valueName|title|ArgumentHelp\():?\s*$/)
                    all.append(Literal(pieces: pieces, isHelp: isHelp))
                }
            } else {
                place += 1
            }
        }
    }

    private func starts(_ text: String) -> Bool { bytes[place...].starts(with: text.utf8) }

    /// How many “#” a literal that begins here has before its quotation mark; `nil` where none begins.
    private func openingHashes() -> Int? {
        let hashes = bytes[place...].prefix { $0 == UInt8(ascii: "#") }.count
        let quote = place + hashes
        return quote < bytes.count && bytes[quote] == UInt8(ascii: "\"") ? hashes : nil
    }

    /// Reads a literal, and what is between its interpolations.
    private mutating func literal(_ hashes: Int) -> [String] {
        place += hashes
        let isLong = starts("\"\"\"")
        let quote = isLong ? "\"\"\"" : "\""
        place += quote.utf8.count
        let (end, escape) = (
            quote + String(repeating: "#", count: hashes), "\\" + String(repeating: "#", count: hashes)
        )
        var pieces: [[UInt8]] = [[]]
        while place < bytes.count, !starts(end) {
            guard starts(escape) else {
                pieces[pieces.count - 1].append(bytes[place])
                place += 1
                continue
            }
            place += escape.utf8.count
            switch bytes[place] {
            case UInt8(ascii: "("):
                skipBrackets()
                pieces.append([])
            case UInt8(ascii: "u"):
                let digits = bytes[(place + 2)...].prefix { $0 != UInt8(ascii: "}") }
                let number = UInt32(String(decoding: digits, as: UTF8.self), radix: 16).flatMap(Unicode.Scalar.init)
                pieces[pieces.count - 1] += Array(String(Character(number ?? " ")).utf8)
                place += digits.count + 3
            default:
                let meant: [UInt8: String] = [UInt8(ascii: "n"): "\n", UInt8(ascii: "t"): "\t", UInt8(ascii: "\n"): ""]
                pieces[pieces.count - 1] += Array(
                    (meant[bytes[place]] ?? String(Character(Unicode.Scalar(bytes[place])))).utf8)
                place += 1
            }
        }
        place += end.utf8.count
        return pieces.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Past an interpolation, which may have literals of its own.
    private mutating func skipBrackets() {
        var depth = 0
        repeat {
            if let hashes = openingHashes() {
                _ = literal(hashes)
                continue
            }
            if bytes[place] == UInt8(ascii: "(") { depth += 1 }
            if bytes[place] == UInt8(ascii: ")") { depth -= 1 }
            place += 1
        } while depth > 0 && place < bytes.count
    }
}
