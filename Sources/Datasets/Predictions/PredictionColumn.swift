/// What a file of predictions can say of its rows: the name of an array, or of a table's column.
enum PredictionColumn: String, CaseIterable {
    case probabilities, logits, predicted, confidence, index, sha256, label

    init?(name: some StringProtocol) {
        let name = name.lowercased()
        self.init(rawValue: name == "labels" ? "label" : name)
    }

    /// - Returns: Why columns do not make sense together; `nil` when they do.
    static func fault(in columns: Set<PredictionColumn>, areLogits: Bool) -> String? {
        let answers = columns.intersection([.probabilities, .logits, .predicted]).map(\.rawValue).sorted()
        guard answers.count == 1 else {
            return answers.isEmpty
                ? "It has no predictions: probabilities, logits or predicted are needed."
                : "It has \(answers.joined(separator: " and ")). Keep one of them."
        }
        guard !columns.contains(.confidence) || columns.contains(.predicted) else {
            return "It has confidence beside \(answers[0]), and it belongs to predicted. Leave it out."
        }
        guard !areLogits || !columns.contains(.predicted) else {
            return "It has predicted classes, and logits are announced."
        }
        return nil
    }
}

/// Where the rows of a file stand, for messages.
struct RowPlaces: Sendable {
    /// Of the file.
    let name: String
    /// Of a table the line that each row begins on.
    var lines: [UInt32]?
    /// Of an archive the name of each column's file.
    var files: [PredictionColumn: String] = [:]

    func name(ofRow row: Int) -> String { "row \(row)" + (lines.map { " (line \($0[row]))" } ?? "") }

    /// What is wrong with a row.
    func failure(
        _ row: Int, _ column: PredictionColumn, _ reason: String, remedy: DatasetError.Remedy? = nil
    ) -> DatasetError {
        let place = lines.map { ":\($0[row])" } ?? files[column].map { ":\($0)" } ?? ""
        let text = "Row \(row): \(reason)"
        return remedy.map { .settings(name + place, text, $0) } ?? .file(name + place, text)
    }
}

/// What is wrong with a row's content.
struct RowFault: Error {
    let reason: String
    var remedy: DatasetError.Remedy?
}

/// Numbers of one column, each checked.
extension Double {
    /// - Throws: `RowFault` unless it is whole, from 0 to `limit` - 1.
    func whole(below limit: Int, _ content: String) throws(RowFault) -> Int {
        guard let whole = Int(exactly: self), (0..<limit).contains(whole) else {
            throw RowFault(reason: "the \(content) is \(short), and must be a whole number from 0 to \(limit - 1).")
        }
        return whole
    }

    /// - Throws: `RowFault` unless it is from 0 to 1.
    func checkedConfidence() throws(RowFault) -> Double {
        guard (0...1).contains(self) else {
            throw RowFault(reason: "the confidence is \(short), and must be from 0 to 1.")
        }
        return self
    }
}
