import SystemPackage

/// Predictions of another program, one per row, read from a file and checked.
///
/// The file is an `.npz` or `.npy` of NumPy or a table of comma-separated values, whatever it is called.
package struct OutsidePredictions: Sendable {
    /// What a file says of each row.
    package enum Answers: Sendable, Equatable {
        /// row × class, from 0 to 1. The numbers of a row were divided by their sum.
        case probabilities([Double], classes: Int)
        /// The class that each row is taken for; confidences from 0 to 1 of all rows, or of none.
        case classes([UInt16], confidences: [Double]?)
    }

    package let answers: Answers
    /// Of each row the number of its sample, from 0; no two are the same.
    package let indices: [Int]?
    /// Of each row its sample's image; equal images have the same.
    package let digests: [ImageDigest]?
    /// Of each row its sample's class; below the number of classes where that is known.
    package let labels: [UInt16]?
    let places: RowPlaces

    /// No file has more rows.
    static let largestCount = 100_000_000
    /// No file has more probabilities: eight gibibytes of them.
    static let largestProbabilities = 1 << 30
    /// Bytes that a file may have, and an array or a table after it was unpacked.
    static let largestFile = 8 << 30

    /// Reads a file in the form that its first bytes show.
    ///
    /// - Parameter areLogits: Whether the numbers are logits, where the file does not say so.
    /// - Throws: `DatasetError.file` with the row, and of a table the line; `DatasetError.settings` for what may be logits.
    package init(contentsOf path: String, areLogits: Bool = false) throws {
        let file = FilePath(path)
        guard exists(file) else { throw DatasetError.file(path, "There is no such file.") }
        let source = try SourceFile(file)
        guard source.storedSize <= Self.largestFile else {
            throw DatasetError.file(path, "It has \(source.storedSize.bytes); more than 8 GiB are not read.")
        }
        let beginning = try source.read(upTo: 1024)
        if beginning.starts(with: Array("PK".utf8)) {
            self = try PredictionArrays(ZipArchive(file), areLogits: areLogits).predictions()
        } else if beginning.starts(with: [0x93] + Array("NUMPY".utf8)) {
            self = try PredictionArrays(SourceFile(file), areLogits: areLogits).predictions()
        } else if PredictionTable.isHeading(beginning) {
            self = try PredictionTable.predictions(in: SourceFile(file), areLogits: areLogits)
        } else {
            throw DatasetError.file(
                path,
                "This is \(FileKind(beginning)?.name ?? "of no form that is known"), and predictions are an .npz, an .npy or "
                    + "a table that begins with index,p0,p1 or index,predicted.")
        }
    }

    /// - Throws: `DatasetError` when an index is there twice, or a label is no class.
    init(
        _ answers: Answers, indices: [Int]?, digests: [ImageDigest]?, labels: [UInt16]?, places: RowPlaces
    ) throws {
        self.answers = answers
        self.indices = indices
        self.digests = digests
        self.labels = labels
        self.places = places
        if let classes, let row = labels?.firstIndex(where: { Int($0) >= classes }) {
            throw places.failure(
                row, .label,
                "the label is \(labels?[row] ?? 0), and there are \(classes) classes (0 to \(classes - 1)).")
        }
        try checkIndices()
    }

    private func checkIndices() throws {
        guard let indices else { return }
        var seen = [Bool](repeating: false, count: (indices.max() ?? 0) + 1)
        for (row, index) in indices.enumerated() {
            guard !seen[index] else {
                let first = indices.firstIndex(of: index) ?? 0
                throw places.failure(row, .index, "the index \(index) is also that of \(places.name(ofRow: first)).")
            }
            seen[index] = true
        }
    }

    /// Rows; at least one.
    package var count: Int {
        switch answers {
        case .probabilities(let values, let classes): values.count / classes
        case .classes(let predicted, _): predicted.count
        }
    }

    /// `nil` where only predicted classes are known.
    package var classes: Int? { if case .probabilities(_, let classes) = answers { classes } else { nil } }

    /// The probabilities of a row's classes; `nil` where they are not known.
    package func probabilities(ofRow row: Int) -> ArraySlice<Double>? {
        guard case .probabilities(let values, let classes) = answers else { return nil }
        return values[row * classes..<(row + 1) * classes]
    }

    /// The class that a row is taken for: the most probable one, the lowest of several.
    package func predicted(inRow row: Int) -> UInt16 {
        switch answers {
        case .classes(let predicted, _): return predicted[row]
        case .probabilities(let values, let classes):
            var largest = row * classes
            for position in largest..<largest + classes where values[position] > values[largest] { largest = position }
            return UInt16(largest - row * classes)
        }
    }

    /// The probability of the predicted class, where it is known.
    package func confidence(ofRow row: Int) -> Double? {
        switch answers {
        case .classes(_, let confidences): confidences?[row]
        case .probabilities(let values, let classes): values[row * classes + Int(predicted(inRow: row))]
        }
    }

    /// What messages call a row: `row 17`, of a table `row 17 (line 19)`.
    package func name(ofRow row: Int) -> String { places.name(ofRow: row) }
}
