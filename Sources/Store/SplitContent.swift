import PostgreSQL

extension Store {
    /// The labels of a split, in order of index; none for a validation split that there is not.
    public func labels(of dataset: StoredDataset, split: Split) throws -> [UInt16] {
        guard let splitID = dataset.splitID(split) else { return [] }
        let classes = dataset.description.classNames.count
        let labels = try connection.query(
            "select label from registry.sample where split_id = $1 order by index", splitID
        ).map { try $0["label"] as Int }
        guard labels.count == dataset.samples(in: split), labels.allSatisfy((0..<classes).contains) else {
            throw InconsistentDataset(
                "\(dataset.name):\(split.rawValue)",
                "has \(labels.count) labels for \(dataset.samples(in: split)) samples of \(classes) classes")
        }
        return labels.map { UInt16($0) }
    }

    /// Hands over the key and the pixels of each sample of a split, in order of index.
    ///
    /// - Throws: `InconsistentDataset` for an image of another size; what `take` throws.
    public func readPixels(
        of dataset: StoredDataset, split: Split, _ take: (_ id: Int, _ pixels: UnsafeRawBufferPointer) throws -> Void
    ) throws {
        guard let splitID = dataset.splitID(split) else { return }
        let size = dataset.description.bytesPerSample
        try connection.copy(
            from: "select sample_id, pixels from registry.sample where split_id = \(splitID) order by index"
        ) { row in
            let id = Int(try row.int8())
            try row.bytea { bytes in
                guard bytes.count == size else {
                    throw InconsistentDataset(
                        "A sample of \(dataset.name):\(split.rawValue) (sample_id \(id))",
                        "has \(bytes.count) bytes of pixels instead of \(size)")
                }
                try take(id, bytes)
            }
        }
    }
}
