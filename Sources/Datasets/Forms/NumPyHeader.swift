/// A type of values: its kind, its bytes, and their order.
struct NumPyType: CustomStringConvertible {
    enum Kind: Character {
        case unsigned = "u"
        case signed = "i"
        case float = "f"
        case boolean = "b"
        /// Characters of a byte each.
        case bytes = "S"
        /// Characters of four bytes each.
        case text = "U"
    }

    let kind: Kind
    /// Bytes of a value.
    let size: Int
    let isBigEndian: Bool

    /// - Parameter text: E.g. `<i8`, `|u1`, `<U64`.
    /// - Returns: `nil` for a type that is not read.
    init?(_ text: String) {
        guard let order = text.first, "<>|=".contains(order), let kind = text.dropFirst().first.flatMap(Kind.init),
            text.utf8.count <= 6, text.dropFirst(2).allSatisfy({ ("0"..."9").contains($0) }),
            let number = Int(text.dropFirst(2))
        else { return nil }
        let isKnown =
            switch kind {
            case .unsigned, .signed: [1, 2, 4, 8].contains(number)
            case .float: [2, 4, 8].contains(number)
            case .boolean: number == 1
            case .bytes, .text: number > 0
            }
        guard isKnown else { return nil }
        (self.kind, size, isBigEndian) = (kind, kind == .text ? 4 * number : number, order == ">")
    }

    var isByte: Bool { kind == .unsigned && size == 1 }
    var isText: Bool { kind == .bytes || kind == .text }

    var description: String {
        switch kind {
        case .unsigned: "uint\(8 * size)"
        case .signed: "int\(8 * size)"
        case .float: "float\(8 * size)"
        case .boolean: "bool"
        case .bytes: "texts of \(size) bytes"
        case .text: "texts of \(size / 4) characters"
        }
    }

    /// What a type that is not read holds.
    static func words(_ text: String) -> String {
        switch text.drop(while: { "<>|=".contains($0) }).first {
        case "O": "Python objects, which need pickle"
        case "U", "S", "a": "text"
        case "c": "complex numbers"
        case "M", "m": "times"
        case "[": "records of several fields"
        case "f": "numbers of the type float128"
        default: "values of the type “\(text.prefix(20))”"
        }
    }

    /// Numbers that stand one behind another; whole ones above 2⁵³ are rounded, and are out of every range that is asked for.
    ///
    /// - Parameter numbers: Room for `bytes.count / size`.
    func convert(_ bytes: UnsafeRawBufferPointer, to numbers: UnsafeMutablePointer<Double>) {
        func all<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type, _ value: (Number) -> Double) {
            for position in 0..<bytes.count / size {
                let number = bytes.loadUnaligned(fromByteOffset: position * size, as: type)
                numbers[position] = value(isBigEndian ? Number(bigEndian: number) : Number(littleEndian: number))
            }
        }
        switch (kind, size) {
        case (.boolean, _), (.unsigned, 1), (.bytes, _), (.text, _): all(UInt8.self) { Double($0) }
        case (.unsigned, 2): all(UInt16.self) { Double($0) }
        case (.unsigned, 4): all(UInt32.self) { Double($0) }
        case (.unsigned, _): all(UInt64.self) { Double($0) }
        case (.signed, 1): all(Int8.self) { Double($0) }
        case (.signed, 2): all(Int16.self) { Double($0) }
        case (.signed, 4): all(Int32.self) { Double($0) }
        case (.signed, _): all(Int64.self) { Double($0) }
        case (.float, 2): all(UInt16.self) { Double(binary16: $0) }
        case (.float, 4): all(UInt32.self) { Double(Float(bitPattern: $0)) }
        case (.float, _): all(UInt64.self) { Double(bitPattern: $0) }
        }
    }
}

extension Double {
    /// - Source: IEEE 754, binary16; there is no `Float16` on every processor that this is built for.
    init(binary16 bits: UInt16) {
        let (exponent, fraction) = (Int(bits >> 10 & 31), Double(bits & 1023))
        let magnitude =
            switch exponent {
            case 0: fraction * 0x1p-24
            case 31: fraction == 0 ? Double.infinity : .nan
            default: Double(sign: .plus, exponent: exponent - 25, significand: 1024 + fraction)
            }
        self = bits >> 15 == 0 ? magnitude : -magnitude
    }
}

/// The header's dictionary: `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`.
struct NumPyHeader {
    var type = ""
    var isFortran = false
    var shape: [Int] = []

    init(_ text: String, _ failure: (String) -> DatasetError) throws {
        var rest = text.unicodeScalars[...]
        func shown() -> String { "“\(String(text.prefix(80)).filter { !$0.isNewline })”" }
        var wrong: DatasetError { failure("Its header \(shown()) is not understood. Write it with numpy.save.") }
        func skip() { rest = rest.drop { $0.properties.isWhitespace } }
        func take(_ word: String) -> Bool {
            skip()
            guard rest.starts(with: word.unicodeScalars) else { return false }
            rest = rest.dropFirst(word.unicodeScalars.count)
            return true
        }
        func quoted() throws -> String {
            skip()
            guard let quote = rest.first, quote == "'" || quote == "\"" else { throw wrong }
            rest = rest.dropFirst()
            guard let end = rest.firstIndex(of: quote) else { throw wrong }
            defer { rest = rest[rest.index(after: end)...] }
            return String(rest[..<end])
        }
        guard take("{") else { throw wrong }
        var keys: Set<String> = []
        while !take("}") {
            let key = try quoted()
            guard keys.insert(key).inserted, take(":") else { throw wrong }
            switch key {
            case "descr":
                if take("[") {
                    // A list of fields: it is refused by its name, and what follows is not looked at.
                    type = "["
                    return
                }
                type = try quoted()
            case "fortran_order":
                isFortran = take("True")
                guard isFortran || take("False") else { throw wrong }
            case "shape":
                guard take("(") else { throw wrong }
                while !take(")") {
                    skip()
                    let digits = rest.prefix { ("0"..."9").contains($0) }
                    guard !digits.isEmpty, let size = Int(String(digits)), shape.count < 32 else { throw wrong }
                    rest = rest.dropFirst(digits.count)
                    _ = take("L")
                    shape.append(size)
                    guard take(",") || rest.first == ")" else { throw wrong }
                }
            default: throw wrong
            }
            guard take(",") || rest.first == "}" else { throw wrong }
        }
        guard keys == ["descr", "fortran_order", "shape"] else { throw wrong }
    }
}
