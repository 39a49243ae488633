import PostgreSQL
import Samples

extension Store {
    /// Reads the images of a data set, the same image once, in blocks of a few megabytes: training, validation, test, each in
    /// order of index.
    ///
    /// - Parameter body: Given the split, the keys of the samples, and their pixels one behind another.
    /// - Throws: `InconsistentDataset` for pixels that are more or fewer than the data set says; what `body` throws.
    package func distinctImages(
        of dataset: StoredDataset, _ body: (_ split: Split, _ ids: [Int], _ pixels: [UInt8]) throws -> Void
    ) throws {
        let first = try connection.query(
            """
            select distinct on (digest) sample_id
              from analysis.sample
             where dataset_id = $1
             order by digest, array_position('{training,validation,test}', split), index
            """, dataset.id)
        var wanted = Set(try first.map { try $0["sample_id"] as Int })
        let size = dataset.description.shape.count
        let images = max(1, (4 << 20) / size)
        for split in Split.allCases {
            var (ids, pixels): ([Int], [UInt8]) = ([], [])
            func flush() throws {
                if !ids.isEmpty { try body(split, ids, pixels) }
                ids.removeAll(keepingCapacity: true)
                pixels.removeAll(keepingCapacity: true)
            }
            try forEachSample(of: dataset, split: split) { id, _, bytes in
                guard wanted.remove(id) != nil else { return }
                ids.append(id)
                pixels.append(contentsOf: bytes)
                if ids.count == images { try flush() }
            }
            try flush()
        }
    }

    /// The pixels of some samples of a data set, one behind another.
    ///
    /// - Throws: `InconsistentDataset` when a sample is not there any more, or has more or fewer pixels than the others.
    package func pixels(of dataset: StoredDataset, sampleIDs: [Int]) throws -> [UInt8] {
        let size = dataset.description.shape.count
        var pixels: [UInt8] = []
        pixels.reserveCapacity(sampleIDs.count * size)
        let rows = try connection.query(
            """
            select sample.pixels
              from unnest($1::bigint[]) with ordinality as wanted (sample_id, position)
              join registry.sample using (sample_id)
             order by wanted.position
            """, sampleIDs)
        for row in rows {
            let bytes: [UInt8] = try row["pixels"]
            guard bytes.count == size else {
                throw InconsistentDataset(
                    "The data set \(dataset.name)", "has a sample of \(bytes.count) bytes of pixels instead of \(size)")
            }
            pixels += bytes
        }
        guard rows.count == sampleIDs.count else {
            throw InconsistentDataset(
                "The data set \(dataset.name)", "has \(rows.count) of the samples instead of \(sampleIDs.count)")
        }
        return pixels
    }

    /// Stores what a search for near duplicates found, in the place of what an earlier one did.
    ///
    /// - Parameters:
    ///   - images: Different images in the data set.
    ///   - searched: Those that were compared.
    package func replaceNearDuplicates(
        of dataset: StoredDataset, images: Int, searched: Int, with pairs: [NearDuplicate]
    ) throws {
        try connection.transaction {
            // Of two searches at once the second replaces what the first found.
            _ = try connection.query("select registry.lock_datasets()")
            try connection.execute("delete from registry.duplicate_search where dataset_id = $1", dataset.id)
            try connection.execute(
                "insert into registry.duplicate_search (dataset_id, images, searched) values ($1, $2, $3)", dataset.id,
                images, searched)
            guard !pairs.isEmpty else { return }
            _ = try connection.copy(
                into: "registry.near_duplicate", columns: ["dataset_id", "sample_id", "of_sample_id", "distance"]
            ) { writer in
                for pair in pairs {
                    try writer.row { row in
                        row.int8(Int64(dataset.id))
                        row.int8(Int64(pair.laterID))
                        row.int8(Int64(pair.earlierID))
                        row.float8(pair.distance)
                    }
                }
            }
        }
    }
}
