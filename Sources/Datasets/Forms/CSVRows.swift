/// The rows of comma-separated values, read from a file of any size.
///
/// - Source: RFC 4180; lines may end with a line feed alone, and empty ones are passed over.
struct CSVRows {
    /// The cells of a row, without their quotation marks.
    struct Row {
        /// What messages call the file.
        let name: String
        /// The line that the row begins on, from 1.
        fileprivate(set) var line = 1
        /// The cells, one behind another.
        fileprivate(set) var bytes: [UInt8] = []
        /// Of each cell the end of its bytes.
        fileprivate(set) var ends: [Int] = []

        /// Cells.
        var count: Int { ends.count }

        subscript(cell: Int) -> ArraySlice<UInt8> { bytes[(cell == 0 ? 0 : ends[cell - 1])..<ends[cell]] }

        /// - Throws: `DatasetError.file` when it is not UTF-8.
        func text(_ cell: Int) throws -> String {
            guard let text = String(validating: self[cell], as: UTF8.self) else {
                throw failure("It is not a text in UTF-8. Convert it with: iconv -f LATIN1 -t UTF-8")
            }
            return text
        }

        /// - Throws: As `text`.
        func texts() throws -> [String] { try ends.indices.map(text) }

        /// What is wrong with the row.
        func failure(_ reason: String) -> DatasetError { .file("\(name):\(line)", reason) }
    }

    private enum State {
        case cellStart, plain, quoted
        /// Behind a quotation mark within a quoted cell: its end, or the first of two.
        case quotedEnd
    }

    /// No row has more bytes.
    static let largestRow = 1 << 20

    private var row: Row
    private var state = State.cellStart
    /// The line that is read.
    private var line = 1
    private var isAfterReturn = false

    private init(name: String) {
        row = Row(name: name)
    }

    /// Reads all rows, the heading among them.
    ///
    /// - Parameter limit: Bytes that the file may have, unpacked.
    /// - Throws: `DatasetError.file` also for a row whose quotation marks make no sense; what `body` throws.
    static func read(_ source: any ByteSource, limit: Int, _ body: (Row) throws -> Void) throws {
        var (rows, done) = (CSVRows(name: source.name), 0)
        while true {
            var block = try source.read(upTo: 1 << 20)[...]
            guard !block.isEmpty else { break }
            if done == 0, block.starts(with: [0xEF, 0xBB, 0xBF]) { block = block.dropFirst(3) }
            done += block.count
            guard done <= limit else {
                throw DatasetError.file(
                    source.name, "It has more than \(limit.bytes) of text, which are not read.")
            }
            try block.withUnsafeBytes { try rows.take($0, body) }
        }
        guard rows.state != .quoted else { throw rows.quotation }
        if rows.state != .cellStart || rows.row.count > 0 { try rows.endRow(body) }
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\n")
            || byte == UInt8(ascii: "\r")
    }

    private var quotation: DatasetError {
        row.failure("A quotation mark is not closed, or stands within a cell.")
    }

    private mutating func take(_ block: UnsafeRawBufferPointer, _ body: (Row) throws -> Void) throws {
        var position = 0
        while position < block.count {
            let byte = block[position]
            position += 1
            switch (state, byte) {
            case (.cellStart, UInt8(ascii: "\n")) where isAfterReturn && row.count == 0:
                isAfterReturn = false
            case (.cellStart, UInt8(ascii: "\"")): state = .quoted
            case (.quoted, UInt8(ascii: "\"")): state = .quotedEnd
            case (.quotedEnd, UInt8(ascii: "\"")):
                row.bytes.append(byte)
                state = .quoted
            case (.quoted, _):
                if byte == UInt8(ascii: "\n") { line += 1 }
                row.bytes.append(byte)
            case (_, UInt8(ascii: ",")): endCell()
            case (_, UInt8(ascii: "\n")), (_, UInt8(ascii: "\r")):
                try endRow(body)
                isAfterReturn = byte == UInt8(ascii: "\r")
                continue
            case (.quotedEnd, _), (_, UInt8(ascii: "\"")): throw quotation
            default:
                state = .plain
                let end = block[position...].firstIndex(where: Self.isSpecial) ?? block.count
                row.bytes.append(contentsOf: block[(position - 1)..<end])
                position = end
            }
            isAfterReturn = false
            guard row.bytes.count + row.count <= Self.largestRow else {
                throw row.failure("The row has more than \(Self.largestRow.bytes).")
            }
        }
    }

    private mutating func endCell() {
        row.ends.append(row.bytes.count)
        state = .cellStart
    }

    private mutating func endRow(_ body: (Row) throws -> Void) throws {
        endCell()
        if row.count > 1 || !row.bytes.isEmpty { try body(row) }
        line += 1
        row.line = line
        row.bytes.removeAll(keepingCapacity: true)
        row.ends.removeAll(keepingCapacity: true)
    }
}
