import SystemPackage

/// Comma-separated values of predictions: a heading, then `index,p0,p1,…` or `index,predicted[,confidence]` in each row, with
/// `sha256` and `label` where they are known.
struct PredictionTable {
    /// What a column of the table holds.
    private enum Column {
        case probability(Int)
        case other(PredictionColumn)

        init?(_ name: String) {
            if let column = PredictionColumn(name: name), column != .probabilities, column != .logits {
                self = .other(column)
            } else if name.hasPrefix("p"), let number = Int(name.dropFirst()), name == "p\(number)", number >= 0 {
                self = .probability(number)
            } else {
                return nil
            }
        }
    }

    private let columns: [Column]
    private var places: RowPlaces
    private var rows: ProbabilityRows?
    private var numbers: [Double]
    private var predicted: [UInt16] = []
    private var confidences: [Double] = []
    private var indices: [Int] = []
    private var digests: [ImageDigest] = []
    private var labels: [UInt16] = []

    /// Whether a file begins with the heading of such a table: with the name of a column.
    static func isHeading(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self).drop { $0 == "\u{FEFF}" }
        let names = text.prefix { !$0.isNewline }.split(separator: ",").map { self.name($0) }
        return names.contains { Column($0) != nil }
    }

    /// - Parameter areLogits: Whether `p0`, `p1`, … are logits.
    /// - Throws: `DatasetError` with the row and the line.
    static func predictions(in source: SourceFile, areLogits: Bool) throws -> OutsidePredictions {
        var table: PredictionTable?
        try CSVRows.read(source, limit: OutsidePredictions.largestFile) { row in
            if table == nil {
                table = try PredictionTable(row, areLogits: areLogits)
            } else {
                try table?.append(row)
            }
        }
        guard let table, table.count > 0 else { throw DatasetError.file(source.name, "It has no rows.") }
        return try table.predictions()
    }

    private static func name(_ cell: some StringProtocol) -> String {
        let name = cell.trimmed.lowercased()
        return name.count > 1 && name.first == "\"" && name.last == "\"" ? String(name.dropFirst().dropLast()) : name
    }

    private init(_ heading: CSVRows.Row, areLogits: Bool) throws {
        var (columns, names): ([Column], Set<String>) = ([], [])
        for cell in try heading.texts() {
            let name = Self.name(cell)
            guard let column = Column(name) else {
                throw heading.failure(
                    "The column “\(cell.prefix(40))” is not known. The names are p0, p1 and so on, or predicted and "
                        + "confidence; and index, sha256, label."
                        + (name.isEmpty ? " With pandas write to_csv(…, index=False)." : ""))
            }
            guard names.insert(name).inserted, !(names.isSuperset(of: ["label", "labels"])) else {
                throw heading.failure("The column “\(name)” is there twice.")
            }
            columns.append(column)
        }
        let classes = columns.compactMap { if case .probability(let number) = $0 { number } else { nil } }
        if let gap = classes.indices.first(where: { !names.contains("p\($0)") }) {
            throw heading.failure("It has p\(classes.max() ?? 0), and no p\(gap).")
        }
        let kinds = columns.map { if case .other(let column) = $0 { column } else { PredictionColumn.probabilities } }
        if let fault = PredictionColumn.fault(in: Set(kinds), areLogits: areLogits) { throw heading.failure(fault) }
        self.columns = columns
        places = RowPlaces(name: heading.name, lines: [])
        numbers = [Double](repeating: 0, count: classes.count)
        do {
            rows = classes.isEmpty ? nil : try ProbabilityRows(classes: classes.count, areLogits: areLogits)
        } catch {
            throw heading.failure(error.reason)
        }
    }

    private var count: Int { places.lines?.count ?? 0 }

    private mutating func append(_ row: CSVRows.Row) throws {
        guard row.count == columns.count else {
            throw row.failure("Row \(count): it has \(row.count) cells; the first line has \(columns.count).")
        }
        guard count < OutsidePredictions.largestCount else {
            throw row.failure("More than \(OutsidePredictions.largestCount.grouped) rows are not read.")
        }
        do {
            for (cell, column) in columns.enumerated() {
                switch column {
                case .probability(let number):
                    numbers[number] = try Self.number(row[cell], "probability of class \(number)")
                case .other(let column): try take(row[cell], column)
                }
            }
            try numbers.withUnsafeBufferPointer { row throws(RowFault) in try rows?.append(row) }
        } catch {
            places.lines?.append(UInt32(clamping: row.line))
            throw places.failure(count - 1, .probabilities, error.reason, remedy: error.remedy)
        }
        places.lines?.append(UInt32(clamping: row.line))
    }

    private mutating func take(_ cell: ArraySlice<UInt8>, _ column: PredictionColumn) throws(RowFault) {
        func whole(below limit: Int, _ content: String) throws(RowFault) -> Int {
            try Self.number(cell, content).whole(below: limit, content)
        }
        switch column {
        case .predicted: predicted.append(UInt16(try whole(below: ImageDataset.mostClasses, "predicted class")))
        case .confidence: confidences.append(try Self.number(cell, "confidence").checkedConfidence())
        case .index: indices.append(try whole(below: OutsidePredictions.largestCount, "index"))
        case .label: labels.append(UInt16(try whole(below: ImageDataset.mostClasses, "label")))
        case .sha256:
            guard let digest = ImageDigest(digits: Self.trimmed(cell)) else {
                throw RowFault(reason: "the digest is “\(Self.shown(cell))”, and 64 hexadecimal digits are needed.")
            }
            digests.append(digest)
        case .probabilities, .logits: break
        }
    }

    private static func number(_ cell: ArraySlice<UInt8>, _ content: String) throws(RowFault) -> Double {
        guard let number = Double(String(decoding: trimmed(cell), as: UTF8.self)) else {
            throw RowFault(reason: "the \(content) is “\(shown(cell))”, and a number is needed.")
        }
        return number
    }

    private static func trimmed(_ cell: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var (start, end) = (cell.startIndex, cell.endIndex)
        while start < end, isSpace(cell[start]) { start += 1 }
        while start < end, isSpace(cell[end - 1]) { end -= 1 }
        return cell[start..<end]
    }

    private static func shown(_ cell: ArraySlice<UInt8>) -> String {
        let text = String(decoding: cell, as: UTF8.self)
        return text.count > 40 ? text.prefix(40) + "…" : text
    }

    private func predictions() throws -> OutsidePredictions {
        func present<Value>(_ values: [Value]) -> [Value]? { values.isEmpty ? nil : values }
        let answers: OutsidePredictions.Answers =
            rows.map { .probabilities($0.values, classes: $0.classes) }
            ?? .classes(predicted, confidences: present(confidences))
        return try OutsidePredictions(
            answers, indices: present(indices), digests: present(digests), labels: present(labels), places: places)
    }
}
