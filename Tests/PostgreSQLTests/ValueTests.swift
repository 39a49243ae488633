import PostgreSQL
import TestServer
import Testing

@Suite("Values to and from a real server")
struct ValueTests {
    private func connect() async throws -> Connection { try Connection(await TestServer.newDatabase()) }

    @Test("integers keep their value through every width")
    func integers() async throws {
        let connection = try await connect()
        let row = try connection.query(
            "select $1::smallint as a, $2::integer as b, $3::bigint as c", Int(Int16.min), Int(Int32.max), Int.min)[0]
        #expect(try row["a"] == Int(Int16.min))
        #expect(try row["b"] == Int(Int32.max))
        #expect(try row["c"] == Int.min)
    }

    @Test(
        "doubles come back bit for bit",
        arguments: [
            0.0, -0.0, 1 / 3, .pi, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, .infinity,
            -.infinity, 0.1, 1e23,
        ])
    func doubles(value: Double) async throws {
        let stored: Double = try await connect().query("select $1::double precision as x", value)[0]["x"]
        #expect(stored.bitPattern == value.bitPattern)
    }

    @Test("NaN stays NaN, as double precision and as real")
    func notANumber() async throws {
        let row = try await connect().query("select $1::double precision as x, $2::real as y", Double.nan, Float.nan)[0]
        #expect((try row["x"] as Double).isNaN)
        #expect((try row["y"] as Float).isNaN)
    }

    @Test(
        "texts come back as they were",
        arguments: [
            "", "a", "zwölf Boxkämpfer 🥊", "'; drop table x; --", "\\", "\"", "$1", "\u{1}\n\t", "{a,b}", "\u{10FFFF}",
        ])
    func texts(value: String) async throws {
        let row = try await connect().query("select $1::text as x, $2::text[] as y", value, [value, value])[0]
        #expect(try row["x"] == value)
        #expect(try row["y"] == [value, value])
    }

    @Test("an array without elements is one of its own type")
    func emptyArrays() async throws {
        let row = try await connect().query(
            "select $1::text[] as x, $2::real[] as y, $3::bytea as z", [] as [String], [] as [Float], [] as [UInt8])[0]
        #expect(try row["x"] == [] as [String])
        #expect(try row["y"] == [] as [Float])
        #expect(try row["z"] == [] as [UInt8])
    }

    @Test("a text with a NUL character is refused before it is sent, and the connection stays usable")
    func refusesNUL() async throws {
        let connection = try await connect()
        #expect(throws: PostgreSQLError.self) { try connection.query("select $1::text as x", "a\0b") }
        #expect(throws: PostgreSQLError.self) { try connection.execute("select 1\0") }
        let one: Int = try connection.query("select 1 as x")[0]["x"]
        #expect(one == 1)
    }

    @Test("bytes that are not UTF-8 are refused by the server as text")
    func refusesBadUTF8() async throws {
        let connection = try await connect()
        let error = #expect(throws: PostgreSQLError.self) {
            try connection.query("select convert_from($1, 'UTF8') as x", [UInt8(0xC3), 0x28])
        }
        #expect(error?.sqlState == .characterNotInRepertoire)
    }

    @Test("NULL is nil, and an error where a value is needed")
    func null() async throws {
        let row = try await connect().query("select $1::integer as x, null::text as y", nil as Int?)[0]
        #expect((try row["x"] as Int?) == nil)
        #expect((try row["y"] as String?) == nil)
        #expect(throws: PostgreSQLError.self) { try row["x"] as Int }
    }

    @Test("a wrong type, a number that does not fit and an unknown column are errors that name the column")
    func mismatches() async throws {
        let row = try await connect().query("select 'a'::text as x, 300 as y")[0]
        for read in [{ _ = try row["x"] as Int }, { _ = try row["y"] as UInt8 }, { _ = try row["z"] as Int }] {
            let error = #expect(throws: PostgreSQLError.self) { try read() }
            #expect(["“x”", "“y”", "“z”"].contains { error?.description.contains($0) == true })
        }
    }

    @Test(
        "numerics are exact",
        arguments: [
            "0", "1", "-1", "10000", "0.1", "0.0001", "0.00001234", "-0.00000000001",
            "123456789012345678901234567890.123456789",
            "100000000", "1.50", "NaN", "99999999.9999",
        ])
    func numerics(text: String) async throws {
        let stored: String = try await connect().query("select $1::numeric as x", text)[0]["x"]
        #expect(stored == text)
    }

    /// - Source: `array_send` and `numeric_send` in PostgreSQL's `src/backend/utils/adt`.
    @Test("what no server of PostgreSQL sends is refused: arrays with too few bytes, digits above 9,999")
    func hostile() {
        func decoded<Value: PostgreSQLDecodable>(_: Value.Type, _ type: DataType, _ bytes: [UInt8]) -> Value? {
            bytes.withUnsafeBytes { Value.decode($0, type: type) }
        }
        let array: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23]
        let one: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 7]
        #expect(decoded([Int].self, DataType(rawValue: 1007), array + [0, 0, 0, 1] + one) == [7])
        for count in [[0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0], [0, 0, 0, 2]] as [[UInt8]] {
            #expect(decoded([Int].self, DataType(rawValue: 1007), array + count + one) == nil, "\(count)")
        }
        for length in 0..<28 {
            #expect(
                decoded([Int].self, DataType(rawValue: 1007), Array((array + [0, 0, 0, 1] + one).prefix(length))) == nil
            )
        }
        // One digit of weight 0, no sign, no decimals.
        #expect(decoded(String.self, .numeric, [0, 1, 0, 0, 0, 0, 0, 0, 0x27, 0x0F]) == "9999")
        #expect(decoded(String.self, .numeric, [0, 1, 0, 0, 0, 0, 0, 0, 0x27, 0x10]) == nil)
        #expect(decoded(String.self, .numeric, [0, 1, 0x7F, 0xFF, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]) == nil)
        #expect(decoded(Double.self, .numeric, [0, 2, 0, 0, 0, 0, 0, 0, 0, 1]) == nil)
    }

    @Test(
        "times are exact to the microsecond",
        arguments: [
            ("2000-01-01 00:00:00+00", "2000-01-01T00:00:00.000000Z"),
            ("1999-12-31 23:59:59.999999+00", "1999-12-31T23:59:59.999999Z"),
            ("2024-02-29 12:34:56.000001+02", "2024-02-29T10:34:56.000001Z"),
            ("1969-07-20 20:17:40+00", "1969-07-20T20:17:40.000000Z"), ("infinity", "infinity"),
            ("0001-12-30 00:00:00+00 BC", "0001-12-30T00:00:00.000000Z BC"),
            ("4713-01-01 00:00:00+00 BC", "4713-01-01T00:00:00.000000Z BC"),
        ])
    func times(sent: String, read: String) async throws {
        let connection = try await connect()
        let time: Timestamp = try connection.query("select $1::timestamptz as x", sent)[0]["x"]
        #expect(time.description == read)
        #expect(try connection.query("select $1::timestamptz as x", time)[0]["x"] == time)
    }

    @Test("JSON, booleans, UUIDs and arrays of numbers")
    func others() async throws {
        let row = try await connect().query(
            """
            select $1::jsonb as j, $2::boolean as b, '12345678-9abc-def0-1234-56789abcdef0'::uuid as u,
                   $3::bigint[] as i, $4::real[] as r, '{}'::integer[] as e
            """, #"{"a": [1, 2.5]}"#, true, [1, -2, 3], [Float(0.1), -.infinity])[0]
        #expect(try row["j"] == #"{"a": [1, 2.5]}"#)
        #expect(try row["b"] == true)
        #expect(try row["u"] == "12345678-9abc-def0-1234-56789abcdef0")
        #expect(try row["i"] == [1, -2, 3])
        #expect(try row["r"] == [Float(0.1), -.infinity])
        #expect(try row["e"] == [Int]())
    }

    @Test("100 MB of bytes come back as they were")
    func largeBytes() async throws {
        var bytes = [UInt8](repeating: 0, count: 100_000_000)
        bytes.withUnsafeMutableBytes { buffer in
            for (index, position) in stride(from: 0, to: buffer.count, by: 4099).enumerated() {
                buffer[position] = UInt8(truncatingIfNeeded: index &* 31)
            }
        }
        let connection = try await connect()
        try connection.execute("create table public.large (x bytea)")
        try connection.execute("insert into public.large values ($1)", bytes)
        let stored: [UInt8] = try connection.query("select x from public.large")[0]["x"]
        #expect(stored == bytes)
    }
}
