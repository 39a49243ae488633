import Samples
import SystemPackage

/// CIFAR-10 and CIFAR-100 in their binary version: records of labels and 3 × 32 × 32 intensities.
///
/// - Source: Krizhevsky, “Learning multiple layers of features from tiny images”, 2009; cs.toronto.edu/~kriz/cifar.html.
enum CIFAR {
    private static let shape = ImageShape(channels: 3, height: 32, width: 32)

    static func ten(_ folder: FilePath) throws -> SourceDataset {
        let names = try visibleNames(in: folder)
        let batches = names.filter { $0.hasPrefix("data_batch_") && $0.hasSuffix(".bin") }
            .sorted { ($0.count, $0) < ($1.count, $1) }
        let usual = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
        return try open(
            folder, training: batches.isEmpty ? ["data_batch_1.bin"] : batches, test: ["test_batch.bin"], labels: 1,
            classes: 10, names: try classNames(folder.appending("batches.meta.txt"), count: 10) ?? usual)
    }

    /// Each of its records has the coarse label, then the fine one.
    static func hundred(_ folder: FilePath, _ granularity: LabelGranularity) throws -> SourceDataset {
        let classes = granularity == .fine ? 100 : 20
        let names = folder.appending("\(granularity)_label_names.txt")
        return try open(
            folder, training: ["train.bin"], test: ["test.bin"], labels: 2, label: granularity == .fine ? 1 : 0,
            classes: classes, names: try classNames(names, count: classes) ?? (0..<classes).map(String.init))
    }

    /// - Parameters:
    ///   - labels: Bytes before the intensities.
    ///   - label: Which of them is read.
    private static func open(
        _ folder: FilePath, training: [String], test: [String], labels: Int, label: Int = 0, classes: Int,
        names: [String]
    ) throws -> SourceDataset {
        func part(_ files: [String]) throws -> SourceDataset.Part {
            let paths = files.map { folder.appending($0) }
            var values: [UInt16] = []
            for path in paths {
                let before = values.count
                try forEachRecord(path, size: labels + shape.count) { record in
                    guard record[label] < classes else {
                        throw DatasetError.file(
                            path.string,
                            "The label of record \(values.count - before) is \(record[label]), and there are \(classes) "
                                + "classes. Get the file again.")
                    }
                    values.append(UInt16(record[label]))
                }
            }
            return SourceDataset.Part(
                labels: values,
                images: ArrayStream(count: values.count, shape: shape, layout: .planes) { take in
                    for path in paths {
                        try forEachRecord(path, size: labels + shape.count) {
                            try take(UnsafeRawBufferPointer(rebasing: $0[labels...]))
                        }
                    }
                }, name: paths.map(\.string).joined(separator: ", "))
        }
        return SourceDataset(parts: [.training: try part(training), .test: try part(test)], classNames: names)
    }

    private static func forEachRecord(
        _ path: FilePath, size: Int, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let file = try SourceFile(path)
        guard !file.isPacked, file.storedSize.isMultiple(of: size) else {
            throw DatasetError.file(
                path.string,
                file.isPacked
                    ? "It is packed. Unpack it with gunzip."
                    : "It has \(file.storedSize.bytes), which are not whole records of \(size.grouped) (labels, and "
                        + "3 × 32 × 32 intensities). It is cut short, or of another data set.")
        }
        while true {
            let piece = try file.read(upTo: 1024 * size)
            guard !piece.isEmpty else { return }
            guard piece.count.isMultiple(of: size) else {
                throw DatasetError.file(path.string, "It became shorter while it was read.")
            }
            try piece.withUnsafeBytes { bytes in
                for start in stride(from: 0, to: bytes.count, by: size) {
                    try body(UnsafeRawBufferPointer(rebasing: bytes[start..<start + size]))
                }
            }
        }
    }

    /// The lines of a file that is not always there.
    private static func classNames(_ path: FilePath, count: Int) throws -> [String]? {
        guard exists(path) else { return nil }
        let names = try ClassNames.lines(of: path)
        guard names.count == count else {
            throw DatasetError.file(path.string, "It names \(names.count) classes, and there are \(count).")
        }
        return names
    }
}

/// Which of two labels that an image has; of the forms that are read only CIFAR-100 has two.
package enum LabelGranularity: String, CaseIterable, Sendable {
    case fine, coarse
}
