import SystemPackage

/// NumPy's arrays of predictions: those of an `.npz`, or one alone. Their headers were read and compared; their values are
/// read once, later.
struct PredictionArrays {
    private let name: String
    private let arrays: [PredictionColumn: NumPyArray]
    private let places: RowPlaces
    /// Rows, of every array.
    private let count: Int

    /// - Throws: `DatasetError.file` for an array whose name is not known, or types and shapes that do not fit.
    init(_ archive: ZipArchive, areLogits: Bool) throws {
        let path = archive.path.string
        var files: [PredictionColumn: String] = [:]
        for file in archive.names {
            let word = file.hasSuffix(".npy") ? String(file.dropLast(4)) : file
            guard let column = PredictionColumn(name: word) else {
                throw DatasetError.file(
                    path,
                    "The array “\(word)” is not known. The names are probabilities or logits, or predicted and confidence; "
                        + "and index, sha256, label.")
            }
            if let other = files.updateValue(file, forKey: column) {
                throw DatasetError.file(path, "It has “\(other)” and “\(file)”. Keep one of them.")
            }
        }
        guard !areLogits || files[.probabilities] == nil else {
            throw DatasetError.file(path, "It has probabilities, and logits are announced. Call the array logits.")
        }
        try self.init(
            path, columns: Set(files.keys), areLogits: areLogits, places: RowPlaces(name: path, files: files)
        ) { try archive.file(files[$0] ?? "") }
    }

    /// An array alone: probabilities or logits.
    ///
    /// - Throws: As for an archive.
    init(_ source: SourceFile, areLogits: Bool) throws {
        try self.init(
            source.name, columns: [areLogits ? .logits : .probabilities], areLogits: areLogits,
            places: RowPlaces(name: source.name)
        ) { _ in source }
    }

    private init(
        _ name: String, columns: Set<PredictionColumn>, areLogits: Bool, places: RowPlaces,
        source: (PredictionColumn) throws -> any ByteSource
    ) throws {
        if let fault = PredictionColumn.fault(in: columns, areLogits: areLogits) {
            throw DatasetError.file(name, fault)
        }
        var arrays: [PredictionColumn: NumPyArray] = [:]
        for column in PredictionColumn.allCases where columns.contains(column) {
            let array = try NumPyArray(
                source(column), holdsText: column == .sha256, limit: OutsidePredictions.largestFile,
                remedy: column.conversion)
            try column.check(array)
            arrays[column] = array
        }
        // That of the answers comes first.
        let lengths = PredictionColumn.allCases.compactMap { column in arrays[column].map { (column, $0.shape[0]) } }
        guard let (answers, count) = lengths.first else { throw DatasetError.file(name, "It has no arrays.") }
        if let (column, other) = lengths.first(where: { $0.1 != count }) {
            throw DatasetError.file(
                name,
                "\(column) has \(other.grouped) rows, and \(answers) \(count.grouped). They do not belong together.")
        }
        guard count <= OutsidePredictions.largestCount else {
            throw DatasetError.file(
                name, "It has \(count.grouped) rows; at most \(OutsidePredictions.largestCount.grouped) are read.")
        }
        (self.name, self.arrays, self.places, self.count) = (name, arrays, places, count)
    }

    /// Reads the values.
    ///
    /// - Throws: `DatasetError` with the first row that is wrong.
    func predictions() throws -> OutsidePredictions {
        try OutsidePredictions(
            try answers(),
            indices: values(.index) { number throws(RowFault) in
                try number.whole(below: OutsidePredictions.largestCount, "index")
            },
            digests: digests(),
            labels: values(.label) { number throws(RowFault) in
                UInt16(try number.whole(below: ImageDataset.mostClasses, "label"))
            }, places: places)
    }

    private func answers() throws -> OutsidePredictions.Answers {
        let predicted = try values(.predicted) { number throws(RowFault) in
            UInt16(try number.whole(below: ImageDataset.mostClasses, "predicted class"))
        }
        if let predicted {
            let confidences = try values(.confidence) { number throws(RowFault) in try number.checkedConfidence() }
            return .classes(predicted, confidences: confidences)
        }
        let column: PredictionColumn = arrays[.logits] == nil ? .probabilities : .logits
        guard let array = arrays[column] else { throw DatasetError.file(name, "It has no predictions.") }
        let classes = array.shape[1]
        var rows: ProbabilityRows
        do {
            rows = try ProbabilityRows(classes: classes, areLogits: column == .logits, count: count)
        } catch {
            throw DatasetError.file(array.name, error.reason)
        }
        try array.numbers(inRowsOf: classes) { first, numbers in
            for row in 0..<numbers.count / classes {
                try placed(first + row, column) { () throws(RowFault) in
                    try rows.append(UnsafeBufferPointer(rebasing: numbers[row * classes..<(row + 1) * classes]))
                }
            }
        }
        return .probabilities(rows.values, classes: classes)
    }

    /// A value of each row, where there is such an array.
    private func values<Value>(
        _ column: PredictionColumn, _ value: (Double) throws(RowFault) -> Value
    ) throws -> [Value]? {
        guard let array = arrays[column] else { return nil }
        var values: [Value] = []
        try array.numbers(inRowsOf: 1) { first, numbers in
            for (position, number) in numbers.enumerated() {
                values.append(try placed(first + position, column) { () throws(RowFault) in try value(number) })
            }
        }
        return values
    }

    private func digests() throws -> [ImageDigest]? {
        guard let array = arrays[.sha256] else { return nil }
        var digests: [ImageDigest] = []
        // Of numbers a row has 32; a text is one value.
        let size = array.type.isText ? array.type.size : array.shape[1]
        try array.read(inUnitsOf: size) { piece in
            for start in stride(from: 0, to: piece.count, by: size) {
                let bytes = piece[start..<start + size]
                let digest: ImageDigest? =
                    switch array.type.kind {
                    case .bytes: ImageDigest(digits: bytes)
                    // Of four bytes three are zero in ASCII; another character becomes one that is no digit.
                    case .text:
                        ImageDigest(
                            digits: stride(from: start, to: start + size, by: 4).lazy.map {
                                piece[$0 + 1..<$0 + 4].allSatisfy { $0 == 0 } ? piece[$0] : 0
                            })
                    default: ImageDigest(bytes: bytes)
                    }
                guard let digest else {
                    throw places.failure(
                        digests.count, .sha256, "the digest is not 64 hexadecimal digits.")
                }
                digests.append(digest)
            }
        }
        return digests
    }

    /// Says where what is wrong with a row was.
    private func placed<Value>(
        _ row: Int, _ column: PredictionColumn, _ body: () throws(RowFault) -> Value
    ) throws -> Value {
        do {
            return try body()
        } catch {
            throw places.failure(row, column, error.reason, remedy: error.remedy)
        }
    }
}

extension PredictionColumn {
    /// What to do about an array of a type that is not read.
    fileprivate var conversion: String {
        switch self {
        case .probabilities, .logits, .confidence: "Convert it with astype(\"float32\")."
        case .predicted, .index, .label: "Convert it with astype(\"int64\")."
        case .sha256: "Convert it with astype(\"S64\")."
        }
    }

    /// - Throws: `DatasetError.file` when the array's type or shape is not the column's.
    fileprivate func check(_ array: NumPyArray) throws {
        let shape = array.shape
        func failure(_ reason: String) -> DatasetError { .file(array.name, reason) }
        guard !array.type.isBigEndian else {
            throw failure("Its \(array.type) is big-endian, and little-endian is read. \(conversion)")
        }
        switch self {
        case .probabilities, .logits:
            guard shape.count == 2 else {
                throw failure(
                    "It has the shape \(NumPyArray.text(shape)), and \(self) have rows × classes.")
            }
        case .sha256:
            let isRight =
                switch array.type.kind {
                case .bytes: array.type.size == 64 && shape.count == 1
                case .text: array.type.size == 4 * 64 && shape.count == 1
                default: array.type.isByte && shape.count == 2 && shape[1] == 32
                }
            guard isRight else {
                throw failure(
                    "It holds \(NumPyArray.text(shape)) \(array.type); digests are texts of 64 characters, or rows × 32 "
                        + "uint8.")
            }
        case .predicted, .confidence, .index, .label:
            guard shape.count == 1 || shape.count == 2 && shape[1] == 1 else {
                throw failure(
                    "It has the shape \(NumPyArray.text(shape)), and \(self) is one number a row."
                        + (self == .confidence || self == .index ? "" : " Of one-hot rows write argmax(axis=1)."))
            }
        }
        guard self != .index || array.type.kind == .signed || array.type.kind == .unsigned else {
            throw failure("It holds \(array.type), and an index is an integer. \(conversion)")
        }
    }
}
