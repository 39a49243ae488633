/// Texts within others, for the three readers that take them: the server, libpq and a shell.
///
/// By Unicode scalar. A `Character` may be several: U+0301 joins the one before it and U+0600 the one after it, and a quote
/// so joined equals no quote any more.
extension String {
    /// In double quotes, as an element of an array literal.
    var asArrayElement: String { quoted("\"", escaping: ["\"": "\\\"", "\\": "\\\\"]) }

    /// As a value of a URL's query, where a slash may stand.
    var asURLValue: String {
        utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                return String(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                return byte < 16 ? "%0\(digits)" : "%\(digits)"
            }
        }.joined()
    }

    /// In single quotes, as a word of a shell command.
    package var asShellWord: String { quoted("'", escaping: ["'": "'\\''"]) }

    private func quoted(_ quote: String, escaping escapes: [Unicode.Scalar: String]) -> String {
        var text = String.UnicodeScalarView(quote.unicodeScalars)
        for scalar in unicodeScalars {
            if let escape = escapes[scalar] {
                text.append(contentsOf: escape.unicodeScalars)
            } else {
                text.append(scalar)
            }
        }
        text.append(contentsOf: quote.unicodeScalars)
        return String(text)
    }
}
