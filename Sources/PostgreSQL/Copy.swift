import CLibPQ

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension Connection {
    /// Streams rows into a table with binary COPY.
    ///
    /// - Parameters:
    ///   - table: Name with schema, as it stands in SQL; part of the program, never of its input.
    ///   - columns: Names of the columns that each row gives, in order.
    ///   - body: Writes the rows. When it throws, the COPY is aborted and nothing of it stays.
    /// - Returns: The number of rows stored.
    package func copy(
        into table: StaticString, columns: [StaticString], _ body: (inout CopyWriter) throws -> Void
    ) throws -> Int {
        try inTransactionIfPooled { try copyRows(into: table, columns: columns, body) }
    }

    private func copyRows(
        into table: StaticString, columns: [StaticString], _ body: (inout CopyWriter) throws -> Void
    ) throws -> Int {
        let list = columns.map { "\($0)" }.joined(separator: ", ")
        try check(PQsendQuery(pointer, "copy \(table) (\(list)) from stdin (format binary)"))
        _ = try results(until: deadline)
        var writer = CopyWriter(connection: self, columns: columns.count)
        do {
            try body(&writer)
            try writer.finish()
        } catch {
            if isUsable {
                _ = PQputCopyEnd(pointer, "the program ended the copy: its input failed")
                _ = try? results(until: deadline)
            }
            throw error
        }
        try check(PQputCopyEnd(pointer, nil))
        let result = try results(until: deadline).last
        return result.flatMap { PQcmdTuples($0.pointer) }.flatMap { Int(String(cString: $0)) } ?? 0
    }

    /// Streams the rows of a query out with binary COPY: large results, of which only one row is in memory at a time.
    ///
    /// - Parameter query: COPY takes no parameters: whatever stands in it must be part of the program or a number.
    /// - Throws: What `body` threw, after the rest was discarded.
    package func copy(from query: String, _ body: (inout CopyReader) throws -> Void) throws {
        try inTransactionIfPooled { try copyRows(from: query, body) }
    }

    private func copyRows(from query: String, _ body: (inout CopyReader) throws -> Void) throws {
        try refuseNUL(in: query)
        try check(PQsendQuery(pointer, "copy (\(query)) to stdout (format binary)"))
        _ = try results(until: deadline)
        var failure: (any Error)?
        var isFirst = true
        while true {
            var message: UnsafeMutablePointer<CChar>?
            let length = PQgetCopyData(pointer, &message, 1)
            if length == 0 {
                guard try wait(for: POLLIN, until: deadline) else { throw abandon() }
                guard PQconsumeInput(pointer) == 1 else { throw lost }
                continue
            }
            guard length > 0, let message else { break }
            defer { PQfreemem(message) }
            guard failure == nil else { continue }
            do {
                var reader = CopyReader(UnsafeRawBufferPointer(start: message, count: Int(length)))
                if isFirst { try reader.skipHeader() }
                isFirst = false
                if try reader.beginRow() { try body(&reader) }
            } catch {
                failure = error
            }
        }
        _ = try results(until: deadline)
        if let failure { throw failure }
    }
}

/// Writes the rows of a binary COPY. A value's method must be that of its column's type: COPY converts nothing.
package struct CopyWriter {
    /// Sent when this many bytes have gathered.
    private static let flushSize = 1 << 18

    private let connection: Connection
    private let columns: Int
    private var buffer: [UInt8]
    private var written = 0

    init(connection: Connection, columns: Int) {
        self.connection = connection
        self.columns = columns
        buffer = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8)
        buffer.reserveCapacity(Self.flushSize * 2)
    }

    /// Writes one row: as many values as the COPY has columns, in order.
    package mutating func row(_ values: (inout CopyWriter) throws -> Void) throws {
        append(Int16(columns))
        written = 0
        try values(&self)
        guard written == columns else {
            throw PostgreSQLError.encoding("A row of \(written) values was written for \(columns) columns.")
        }
        if buffer.count >= Self.flushSize { try send() }
    }

    package mutating func null() {
        field(length: -1)
    }

    package mutating func int2(_ value: Int16) {
        field(length: 2)
        append(value)
    }

    package mutating func int4(_ value: Int32) {
        field(length: 4)
        append(value)
    }

    package mutating func int8(_ value: Int64) {
        field(length: 8)
        append(value)
    }

    package mutating func float4(_ value: Float) {
        field(length: 4)
        append(value.bitPattern)
    }

    /// - Parameter value: `nil` for NULL.
    package mutating func float4(_ value: Float?) {
        guard let value else { return null() }
        float4(value)
    }

    package mutating func float8(_ value: Double) {
        field(length: 8)
        append(value.bitPattern)
    }

    package mutating func bytea(_ value: UnsafeRawBufferPointer) {
        field(length: value.count)
        buffer += value
    }

    /// The text must hold no NUL character; the server refuses one.
    package mutating func text(_ value: String) {
        field(length: value.utf8.count)
        buffer += value.utf8
    }

    /// A `real[]` of one dimension.
    package mutating func float4Array(_ values: [Float]) {
        let header = values.isEmpty ? 12 : 20
        field(length: header + values.count * 8)
        append(Int32(values.isEmpty ? 0 : 1))
        append(Int32(0))
        append(DataType.float4.rawValue)
        guard !values.isEmpty else { return }
        append(Int32(values.count))
        append(Int32(1))
        for value in values {
            append(Int32(4))
            append(value.bitPattern)
        }
    }

    /// A `real[]` of one dimension; `nil` for NULL.
    package mutating func float4Array(_ values: [Float?]) {
        let known = values.reduce(0) { $0 + ($1 == nil ? 0 : 1) }
        field(length: (values.isEmpty ? 12 : 20) + values.count * 4 + known * 4)
        append(Int32(values.isEmpty ? 0 : 1))
        append(Int32(known == values.count ? 0 : 1))
        append(DataType.float4.rawValue)
        guard !values.isEmpty else { return }
        append(Int32(values.count))
        append(Int32(1))
        for value in values {
            append(Int32(value == nil ? -1 : 4))
            if let value { append(value.bitPattern) }
        }
    }

    private mutating func field(length: Int) {
        written += 1
        append(Int32(length))
    }

    private mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { buffer.append(contentsOf: $0) }
    }

    mutating func finish() throws {
        append(Int16(-1))
        try send()
    }

    private mutating func send() throws {
        while true {
            let accepted = buffer.withUnsafeBytes {
                PQputCopyData(
                    connection.pointer, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count))
            }
            switch accepted {
            case 1:
                buffer.removeAll(keepingCapacity: true)
                return try drain()
            case 0: try drain()
            default: throw connection.lost
            }
        }
    }

    /// Sends what libpq has buffered, so that memory stays bounded when the server is slower than the program.
    private func drain() throws {
        while true {
            switch PQflush(connection.pointer) {
            case 0: return
            case 1:
                guard try connection.wait(for: POLLIN | POLLOUT, until: connection.deadline) else {
                    throw connection.abandon()
                }
                guard PQconsumeInput(connection.pointer) == 1 else { throw connection.lost }
            default: throw connection.lost
            }
        }
    }
}

/// Reads one row of a binary COPY: its values in the order of the columns, by the methods of their types.
package struct CopyReader {
    private var rest: Slice<UnsafeRawBufferPointer>

    init(_ message: UnsafeRawBufferPointer) {
        rest = message[...]
    }

    /// Signature, flags and the length of an extension.
    mutating func skipHeader() throws {
        _ = try take(15)
        _ = try take(Int(try integer(Int32.self)))
    }

    /// - Returns: `false` at the trailer.
    mutating func beginRow() throws -> Bool {
        try integer(Int16.self) >= 0
    }

    package mutating func int2() throws -> Int16 {
        try value(Int16.self)
    }

    package mutating func int4() throws -> Int32 {
        try value(Int32.self)
    }

    package mutating func int8() throws -> Int64 {
        try value(Int64.self)
    }

    package mutating func float8() throws -> Double {
        Double(bitPattern: try value(UInt64.self))
    }

    /// Hands the bytes to `body`; they are valid only until it returns.
    package mutating func bytea(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try body(try field())
    }

    private mutating func value<Number: FixedWidthInteger>(_: Number.Type) throws -> Number {
        guard let number = Number.bigEndian(try field()) else { throw Self.mismatch }
        return number
    }

    private mutating func field() throws -> UnsafeRawBufferPointer {
        let length = try integer(Int32.self)
        guard length >= 0 else { throw PostgreSQLError.decoding("A column is NULL, and a value is needed.") }
        return try take(Int(length))
    }

    private mutating func integer<Number: FixedWidthInteger>(_: Number.Type) throws -> Number {
        guard let number = Number.bigEndian(try take(MemoryLayout<Number>.size)) else { throw Self.mismatch }
        return number
    }

    private mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count >= 0, count <= rest.count else { throw Self.mismatch }
        defer { rest = rest.dropFirst(count) }
        return UnsafeRawBufferPointer(rebasing: rest.prefix(count))
    }

    private static let mismatch = PostgreSQLError.decoding("A column is of another type than the one read.")
}
