import CLibPQ
import TestServer
import Testing

@testable import PostgreSQL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Every character that one of the three readers takes for more than itself, alone and joined to its neighbours.
@Suite("Texts within other texts")
struct QuotingTests {
    /// U+0600 joins what follows it, U+0301 what precedes it, U+200D both where there is an emoji.
    static let texts = ["\"", "\\", "'", "{", "}", ",", " ", "\n", "\r\n", "\t", "$(x)", "`x`", ";", "=", "NULL", ""]
        .flatMap {
            ["\($0)", "\u{600}\($0)b", "a\($0)\u{301}b", "a\($0)\u{200D}b", "👩\u{200D}\($0)\u{200D}👩", "\($0)\($0)"]
        }

    @Test("an array's elements come back byte for byte")
    func arrays() async throws {
        let connection = try Connection(await TestServer.newDatabase())
        let row = try connection.query("select $1::text[] as x, array_length($1::text[], 1) as count", Self.texts)[0]
        let returned: [String] = try row["x"]
        #expect(try row["count"] == Self.texts.count)
        for (text, back) in zip(Self.texts, returned) { #expect(Array(back.utf8) == Array(text.utf8)) }
        let bytes = Self.texts.map { Array($0.utf8) }
        let binary: [[UInt8]] = try Self.texts.indices.map { index in
            try connection.query("select ($1::bytea[])[$2::integer] as x", bytes, index + 1)[0]["x"]
        }
        #expect(binary == bytes)
    }

    @Test("libpq reads a URL's values byte for byte", arguments: texts)
    func connectionValues(text: String) throws {
        let string = "postgresql:///?host=\(text.asURLValue)&application_name=\(text.asURLValue)&port=5432"
        let options = try #require(PQconninfoParse(string, nil), "\(string)")
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        #expect(
            values.mapValues { Array($0.utf8) } == [
                "host": Array(text.utf8), "application_name": Array(text.utf8), "port": Array("5432".utf8),
            ])
    }

    @Test("a shell reads a word byte for byte, and runs nothing of it", arguments: texts)
    func shellWords(text: String) throws {
        let pipe = try #require(popen("printf %s \(text.asShellWord)", "r"))
        var output: [UInt8] = []
        while case let byte = fgetc(pipe), byte != EOF { output.append(UInt8(byte)) }
        #expect(pclose(pipe) == 0)
        #expect(output == Array(text.utf8))
    }
}
