/// Texts within others, for the three readers that take them: the server, libpq and a shell.
///
/// By Unicode scalar. A `Character` may be several: U+0301 joins the one before it and U+0600 the one after it, and a quote
/// so joined equals no quote any more.
extension String {
    /// In double quotes, as an element of an array literal.
    var asArrayElement: String { quoted("\"", escaping: ["\"": "\\\"", "\\": "\\\\"]) }

    /// As a value of a connection string: in single quotes where it is not a plain word.
    var asConnectionValue: String {
        let isWord = utf8.allSatisfy {
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
        }
        return isWord && !isEmpty ? self : quoted("'", escaping: ["'": "\\'", "\\": "\\\\"])
    }

    /// In single quotes, as a word of a shell command.
    var asShellWord: String { quoted("'", escaping: ["'": "'\\''"]) }

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

/// A connection string of libpq: `host='/run/postgresql' port=5432`.
public func connectionString(_ parameters: KeyValuePairs<String, String>) -> String {
    parameters.map { "\($0.key)=\($0.value.asConnectionValue)" }.joined(separator: " ")
}
