/// The samples that predictions are said to be of.
package struct PredictedSamples: Sendable {
    /// For messages: `mnist@1`.
    package var name: String
    /// Classes of the data set.
    package var classes: Int
    /// The class of each sample, in order of index.
    package var labels: [UInt16]
    /// Of each sample's image; none where rows have no digests.
    package var digests: [ImageDigest]

    package init(name: String, classes: Int, labels: [UInt16] = [], digests: [ImageDigest] = []) {
        self.name = name
        self.classes = classes
        self.labels = labels
        self.digests = digests
    }
}

extension OutsidePredictions {
    /// Which row is of which sample: by the digest of its image, else by its index, else as they come. Of equal images, the
    /// first row with their digest is of the first of them, and so on.
    ///
    /// - Returns: Of each sample, in order of index, the row.
    /// - Throws: `DatasetError.file` unless each sample has one row and each row a sample, with classes that the data set
    ///   has and, where rows have labels, the label of the sample.
    package func rows(of samples: PredictedSamples) throws -> [Int] {
        try checkClasses(samples)
        let order =
            if let digests {
                try rows(by: digests, of: samples)
            } else if let indices {
                try rows(by: indices, of: samples)
            } else {
                try rowsAsTheyCome(samples)
            }
        try checkLabels(order, samples)
        return order
    }

    private func checkClasses(_ samples: PredictedSamples) throws {
        if let classes, classes != samples.classes {
            throw DatasetError.file(
                places.name, "It has \(classes) classes, and \(samples.name) has \(samples.classes).")
        }
        if case .classes(let predicted, _) = answers, let row = predicted.firstIndex(where: { $0 >= samples.classes }) {
            throw places.failure(
                row, .predicted,
                "the predicted class is \(predicted[row]), and \(samples.name) has \(samples.classes) classes (0 to "
                    + "\(samples.classes - 1)).")
        }
    }

    private func rowsAsTheyCome(_ samples: PredictedSamples) throws -> [Int] {
        guard count == samples.labels.count else {
            throw DatasetError.file(
                places.name,
                "It has \(count.grouped) rows, and \(samples.name) has \(samples.labels.count.grouped) test samples.")
        }
        return Array(0..<count)
    }

    /// - Parameter indices: No two are the same.
    private func rows(by indices: [Int], of samples: PredictedSamples) throws -> [Int] {
        var order = [Int?](repeating: nil, count: samples.labels.count)
        for (row, index) in indices.enumerated() {
            guard order.indices.contains(index) else {
                throw places.failure(
                    row, .index,
                    "the index is \(index), and \(samples.name) has \(order.count.grouped) test samples, counted from 0."
                )
            }
            order[index] = row
        }
        return try whole(order, samples)
    }

    private func rows(by digests: [ImageDigest], of samples: PredictedSamples) throws -> [Int] {
        // The samples of each image, the next one last.
        var waiting: [ImageDigest: [Int]] = [:]
        for (index, digest) in samples.digests.enumerated().reversed() { waiting[digest, default: []].append(index) }
        if !digests.contains(where: { waiting[$0] != nil }) {
            throw DatasetError.file(
                places.name,
                "No digest is that of a test image of \(samples.name). A digest is the SHA-256 of the image's bytes as they "
                    + "were imported: height × width (× channels) intensities of 0 to 255, row by row.")
        }
        var order = [Int?](repeating: nil, count: samples.labels.count)
        for (row, digest) in digests.enumerated() {
            guard let index = waiting[digest]?.popLast() else {
                let isKnown = waiting[digest] != nil
                throw places.failure(
                    row, .sha256,
                    isKnown
                        ? "all test images of \(samples.name) with its digest have a row already."
                        : "no test image of \(samples.name) has the digest \(digest).")
            }
            order[index] = row
        }
        return try whole(order, samples)
    }

    private func whole(_ order: [Int?], _ samples: PredictedSamples) throws -> [Int] {
        let rows = order.compactMap(\.self)
        guard rows.count < order.count, let first = order.firstIndex(of: nil) else { return rows }
        throw DatasetError.file(
            places.name,
            "\((order.count - rows.count).grouped) of the \(order.count.grouped) test samples of \(samples.name) have no "
                + "row, the first of them is sample \(first).")
    }

    private func checkLabels(_ order: [Int], _ samples: PredictedSamples) throws {
        guard let labels else { return }
        let differing = order.indices.filter { labels[order[$0]] != samples.labels[$0] }
        guard let index = differing.min(by: { order[$0] < order[$1] }) else { return }
        let row = order[index]
        let remedy =
            digests == nil && indices == nil
            ? " Rows in another order need the index or the sha256 of their samples." : ""
        throw places.failure(
            row, .label,
            "the label is \(labels[row]), and that of sample \(index) of \(samples.name) is \(samples.labels[index]); so "
                + "\(differing.count.grouped) of \(order.count.grouped) labels differ." + remedy)
    }
}
