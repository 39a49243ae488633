import FoundationEssentials

/// Walks through JSON byte by byte. It is for what a decoder does not tell: keys that stand twice in an object, and
/// hundreds of thousands of entries in a moment.
struct JSONScanner {
    enum Failure: Error, Equatable {
        /// It is no JSON, or not of the form that is expected.
        case malformed
        case doubledKey(String)
    }

    /// Where a text stops to be one JSON value, as an editor counts.
    struct Place: Error, Equatable {
        /// From 1.
        let line: Int
        /// In bytes, from 1.
        let column: Int
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var depth = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// - Throws: `Place` when the text is not one JSON value; `Failure.doubledKey` when an object in it has a key twice.
    static func check(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBufferPointer { bytes in
            var scanner = JSONScanner(bytes)
            do {
                try scanner.skipValue()
                try scanner.end()
            } catch Failure.malformed {
                scanner.skipWhitespace()
                let read = bytes.prefix(scanner.position)
                let line = read.lastIndex(of: UInt8(ascii: "\n")).map { read[($0 + 1)...] } ?? read
                throw Place(line: read.count(where: { $0 == UInt8(ascii: "\n") }) + 1, column: line.count + 1)
            }
        }
    }

    /// Only white space is left.
    mutating func end() throws {
        skipWhitespace()
        guard position == bytes.count else { throw Failure.malformed }
    }

    /// An object, whose values `value` reads.
    mutating func object(_ value: (inout JSONScanner, String) throws -> Void) throws {
        var keys: Set<String> = []
        try list(open: UInt8(ascii: "{"), close: UInt8(ascii: "}")) { scanner in
            let key = try scanner.string()
            guard keys.insert(key).inserted else { throw Failure.doubledKey(key) }
            try scanner.take(UInt8(ascii: ":"))
            try value(&scanner, key)
        }
    }

    /// An array, whose values `value` reads.
    mutating func array(_ value: (inout JSONScanner) throws -> Void) throws {
        try list(open: UInt8(ascii: "["), close: UInt8(ascii: "]"), value)
    }

    private mutating func list(open: UInt8, close: UInt8, _ element: (inout JSONScanner) throws -> Void) throws {
        try take(open)
        depth += 1
        defer { depth -= 1 }
        // As deep as Foundation's decoder goes: a deeper one would use up the stack.
        guard depth <= 512 else { throw Failure.malformed }
        if next() == close {
            position += 1
            return
        }
        while true {
            try element(&self)
            if next() == close {
                position += 1
                return
            }
            try take(UInt8(ascii: ","))
        }
    }

    mutating func string() throws -> String {
        try take(UInt8(ascii: "\""))
        let start = position
        var isEscaped = false
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            guard bytes[position] >= 0x20 else { throw Failure.malformed }
            if bytes[position] == UInt8(ascii: "\\") {
                isEscaped = true
                position += 1
            }
            position += 1
        }
        guard position < bytes.count else { throw Failure.malformed }
        position += 1
        let inner = UnsafeBufferPointer(rebasing: bytes[start..<position - 1])
        guard isEscaped else {
            guard let text = String(validating: inner, as: UTF8.self) else { throw Failure.malformed }
            return text
        }
        let quoted = Data(bytes[start - 1..<position])
        guard let text = try? JSONDecoder().decode(String.self, from: quoted) else { throw Failure.malformed }
        return text
    }

    /// A whole number, without fraction or exponent.
    mutating func integer() throws -> Int {
        let digits = number()
        guard let value = Int(String(decoding: digits, as: UTF8.self)), digits.first != UInt8(ascii: "+") else {
            throw Failure.malformed
        }
        return value
    }

    private mutating func number() -> UnsafeBufferPointer<UInt8> {
        skipWhitespace()
        let start = position
        while position < bytes.count, Self.isOfNumber(bytes[position]) { position += 1 }
        return UnsafeBufferPointer(rebasing: bytes[start..<position])
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    /// Any value.
    mutating func skipValue() throws {
        switch next() {
        case UInt8(ascii: "{"): try object { scanner, _ in try scanner.skipValue() }
        case UInt8(ascii: "["): try array { try $0.skipValue() }
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try skip("true")
        case UInt8(ascii: "f"): try skip("false")
        case UInt8(ascii: "n"): try skip("null")
        default: guard !number().isEmpty else { throw Failure.malformed }
        }
    }

    private mutating func skip(_ word: StaticString) throws {
        for index in 0..<word.utf8CodeUnitCount {
            guard position < bytes.count, bytes[position] == word.utf8Start[index] else { throw Failure.malformed }
            position += 1
        }
    }

    private mutating func take(_ byte: UInt8) throws {
        guard next() == byte else { throw Failure.malformed }
        position += 1
    }

    private mutating func next() -> UInt8? {
        skipWhitespace()
        return position < bytes.count ? bytes[position] : nil
    }

    private mutating func skipWhitespace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }
}
