import PostgreSQL
import Samples

/// What an import led to.
package struct DatasetImport: Sendable, Hashable {
    package enum Outcome: Sendable, Hashable {
        /// Samples were stored.
        case imported
        /// A new name or version for content that was there already.
        case described
        /// The name had this content with the same classes, source and licence.
        case unchanged
    }

    package let dataset: StoredDataset
    package let outcome: Outcome
}

extension Store {
    /// Stores a data set with all its samples in one transaction.
    ///
    /// A split whose content is there already is not stored again, whatever data set it came with. Other content under a
    /// name, or other names of classes, source or licence, become the name's next version.
    ///
    /// - Parameter report: Told of how many samples more were passed on.
    package func importDataset(
        _ description: DatasetDescription, training: any SampleSource, validation: (any SampleSource)? = nil,
        test: any SampleSource, report: (Int) -> Void = { _ in }
    ) throws -> DatasetImport {
        let splits: [(Split, any SampleSource)] =
            [(.training, training)] + (validation.map { [(.validation, $0)] } ?? []) + [(.test, test)]
        for (_, samples) in splits { try samples.check(against: description) }
        return try connection.transaction {
            _ = try connection.query("select registry.lock_datasets()")
            var ids: [Split: Int] = [:]
            var isAnyNew = false
            for (split, samples) in splits {
                let (id, isNew) = try store(samples, as: split, of: description, report)
                ids[split] = id
                isAnyNew = isAnyNew || isNew
            }
            guard let trainingID = ids[.training], let testID = ids[.test] else {
                throw InconsistentDataset("The data set “\(description.name)”", "lacks a split")
            }
            for (split, samples) in splits {
                try storeClassDistances(of: samples, split: ids[split] ?? trainingID, training: trainingID)
            }
            if let known = try dataset(
                where: """
                    dataset = $1 and training_split_id = $2 and test_split_id = $3
                    and class_names = $4 and source = $5 and licence = $6
                    and validation_split_id is not distinct from $7
                    """,
                description.name, trainingID, testID, description.classNames, description.source,
                description.licence, ids[.validation])
            {
                return DatasetImport(dataset: known, outcome: .unchanged)
            }
            let id: Int = try connection.query(
                """
                insert into registry.dataset (name, version, class_names, training_split_id, test_split_id,
                                              training_mean, training_standard_deviation, source, licence,
                                              validation_split_id, training_channel_means,
                                              training_channel_standard_deviations)
                select $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, nullif($10::float8[], '{}'),
                       nullif($11::float8[], '{}')
                  from registry.dataset
                 where name = $1
                returning dataset_id
                """,
                description.name, description.classNames, trainingID, testID, description.trainingMean,
                description.trainingStandardDeviation, description.source, description.licence, ids[.validation],
                description.channelMeans, description.channelStandardDeviations)[0]["dataset_id"]
            if isAnyNew {
                // Without statistics the first queries of these tables are planned badly.
                try connection.execute(
                    "analyze registry.split, registry.sample, registry.sample_feature, registry.class_distance")
            }
            return DatasetImport(dataset: try dataset(id: id), outcome: isAnyNew ? .imported : .described)
        }
    }

    /// Stores a split, unless its content is there.
    private func store(
        _ samples: any SampleSource, as split: Split, of description: DatasetDescription, _ report: (Int) -> Void
    ) throws -> (id: Int, isNew: Bool) {
        let fingerprint = description.fingerprints[split]
        if let known = try connection.query(
            "select split_id from registry.split where fingerprint = $1", fingerprint
        ).first {
            return (try known["split_id"], false)
        }
        let id: Int = try connection.query(
            """
            insert into registry.split (fingerprint, samples, channels, height, width, label_bound)
            values ($1, $2, $3, $4, $5, $6)
            returning split_id
            """,
            fingerprint, samples.labels.count, description.shape.channels, description.shape.height,
            description.shape.width,
            Int(samples.labels.max() ?? 0) + 1)[0]["split_id"]
        let size = description.shape.count
        // A command at a time is checked by the table's trigger, which keeps its rows until then.
        for block in samples.blocks(of: 8 << 20) {
            _ = try connection.copy(into: "registry.sample", columns: ["split_id", "index", "label", "pixels"]) {
                writer in
                try samples.withPixels(of: block) { pixels in
                    for (position, index) in block.enumerated() {
                        try writer.row { row in
                            row.int8(Int64(id))
                            row.int4(Int32(index))
                            row.int2(Int16(samples.labels[index]))  // Below the number of classes, as was checked.
                            row.bytea(UnsafeRawBufferPointer(rebasing: pixels[position * size..<(position + 1) * size]))
                        }
                    }
                }
            }
            report(block.count)
        }
        if !samples.featureNames.isEmpty { try storeFeatures(of: samples, split: id, report) }
        return (id, true)
    }

    private func storeFeatures(of samples: any SampleSource, split: Int, _ report: (Int) -> Void) throws {
        let ids = try sampleIDs(ofSplit: split)
        _ = try connection.copy(
            into: "registry.sample_feature", columns: ["sample_id"] + samples.featureNames
        ) { writer in
            for block in samples.blocks(of: 8 << 20) {
                for (id, values) in zip(ids[block], try samples.featureRows(of: block)) {
                    try writer.row { row in
                        row.int8(Int64(id))
                        for value in values { row.float4(value) }
                    }
                }
                report(block.count)
            }
        }
    }

    /// Stores how far a split's samples are from what a training split shows of their classes, unless that is there.
    private func storeClassDistances(of samples: any SampleSource, split: Int, training: Int) throws {
        let distances = samples.classDistances
        guard !distances.isEmpty else { return }
        // All samples of a split have theirs or none has. A join would be planned without statistics of what this transaction
        // has stored, and look at each sample of one split for each of the other.
        let known = try connection.query(
            """
            select
              from registry.class_distance
             where training_split_id = $1
               and sample_id = (
                       select sample_id
                         from registry.sample
                        where split_id = $2
                        order by index
                        limit 1)
            """, training, split)
        guard known.isEmpty else { return }
        let ids = try sampleIDs(ofSplit: split)
        _ = try connection.copy(
            into: "registry.class_distance", columns: ["training_split_id", "sample_id", "distance"]
        ) { writer in
            for (id, distance) in zip(ids, distances) {
                try writer.row { row in
                    row.int8(Int64(training))
                    row.int8(Int64(id))
                    row.float4(distance)
                }
            }
        }
        if split == training { _ = try connection.query("select registry.summarize_class_features($1)", training) }
    }

    private func sampleIDs(ofSplit split: Int) throws -> [Int] {
        try connection.query("select sample_id from registry.sample where split_id = $1 order by index", split)
            .map { try $0["sample_id"] }
    }

    /// - Parameter name: `mnist` for the newest version of that name, `mnist@2` for a certain one.
    /// - Throws: `NotFound.dataset`.
    package func dataset(named name: String) throws -> StoredDataset {
        guard let found = try dataset(written: name) else { throw NotFound.dataset(name) }
        return found
    }

    private func dataset(written name: String) throws -> StoredDataset? {
        let parts = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { return try dataset(where: "dataset = $1", name) }
        // A version is an integer of four bytes, and written in one way: mnist@01 is nothing.
        guard let number = Int32(parts[1]), "\(number)" == parts[1] else { return nil }
        return try dataset(where: "dataset = $1 and dataset_version = $2", parts[0], Int(number))
    }

    /// The data set of a key that another row has.
    package func dataset(id: Int) throws -> StoredDataset {
        guard let found = try dataset(where: "dataset_id = $1", id) else { throw NotFound.dataset("\(id)") }
        return found
    }

    private func dataset(
        where condition: StaticString, _ parameters: (any PostgreSQLEncodable)?...
    ) throws -> StoredDataset? {
        let rows = try connection.query(
            """
            select *
              from analysis.dataset
             where \(condition)
             order by dataset_version desc
             limit 1
            """, parameters: parameters)
        return try rows.first.map { row in
            try StoredDataset(
                id: try row["dataset_id"],
                version: try row["dataset_version"],
                description: DatasetDescription(
                    name: try row["dataset"], classNames: try row["class_names"],
                    shape: ImageShape(
                        channels: try row["channels"], height: try row["height"], width: try row["width"]),
                    trainingMean: try row["training_mean"],
                    trainingStandardDeviation: try row["training_standard_deviation"],
                    channelMeans: try row["training_channel_means"] ?? [],
                    channelStandardDeviations: try row["training_channel_standard_deviations"] ?? [],
                    source: try row["source"], licence: try row["licence"],
                    fingerprints: [
                        .training: try row["training_fingerprint"], .validation: try row["validation_fingerprint"],
                        .test: try row["test_fingerprint"],
                    ].compactMapValues { $0 }),
                fingerprint: try row["fingerprint"],
                trainingSamples: try row["training_samples"],
                validationSamples: try row["validation_samples"] ?? 0,
                testSamples: try row["test_samples"],
                trainingSplitID: try row["training_split_id"],
                validationSplitID: try row["validation_split_id"],
                testSplitID: try row["test_split_id"]
            ).checked()
        }
    }

    /// The samples of a split and their keys, in order of index: about 55 MB for MNIST's training.
    ///
    /// - Throws: `InconsistentDataset` with the first row whose label, pixels or index are not what the data set says;
    ///   `ImagesError` for a split that has no samples.
    package func samples(of dataset: StoredDataset, split: Split) throws -> (images: LabeledImages, ids: [Int]) {
        var (ids, labels, pixels): ([Int], [UInt16], [UInt8]) = ([], [], [])
        // What is announced is trusted only as far as it costs little.
        let (bytes, overflows) = dataset.samples(in: split)
            .multipliedReportingOverflow(by: dataset.description.shape.count)
        if !overflows && bytes <= 1 << 30 { pixels.reserveCapacity(bytes) }
        try forEachSample(of: dataset, split: split) { id, label, image in
            pixels.append(contentsOf: image)
            ids.append(id)
            labels.append(label)
        }
        let description = dataset.description
        return (
            try LabeledImages(
                shape: description.shape, pixels: pixels, labels: labels, classes: description.classNames.count), ids
        )
    }

    /// Hands the samples of a split to `body`, one after the other, in order of index; none for a validation split that
    /// there is not.
    ///
    /// - Parameters:
    ///   - needsPixels: Else `pixels` is empty.
    ///   - body: Pixels are channels × height × width intensities, valid only until it returns.
    /// - Throws: `InconsistentDataset` with the first row whose label, pixels or index are not what the data set says.
    package func forEachSample(
        of dataset: StoredDataset, split: Split, needsPixels: Bool = true,
        _ body: (_ id: Int, _ label: UInt16, _ pixels: UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let (size, classes) = (dataset.description.shape.count, dataset.description.classNames.count)
        guard let splitID = dataset.splitID(split) else { return }
        var count = 0
        try connection.copy(
            from: """
                select sample_id, index, label, \(needsPixels ? "pixels" : "''::bytea")
                  from registry.sample
                 where split_id = \(splitID)
                 order by index
                """
        ) { row in
            let (id, index, label) = (Int(try row.int8()), Int(try row.int4()), Int(try row.int2()))
            func check(_ isRight: Bool, _ reason: @autoclosure () -> String) throws {
                guard isRight else {
                    throw InconsistentDataset(
                        "Sample \(index) of \(dataset.name):\(split.rawValue) (sample_id \(id))", reason())
                }
            }
            try check(index == count, "should have the index \(count)")
            try check((0..<classes).contains(label), "has the label \(label), and there are \(classes) classes")
            try row.bytea { pixels in
                try check(
                    pixels.count == size || !needsPixels, "has \(pixels.count) bytes of pixels instead of \(size)")
                try body(id, UInt16(label), pixels)
            }
            count += 1
        }
        guard count == dataset.samples(in: split) else {
            throw InconsistentDataset(
                "\(dataset.name):\(split.rawValue)", "has \(count) samples instead of \(dataset.samples(in: split))")
        }
    }

    /// A row for every version of every data set, by name.
    package func datasets() throws -> Rows {
        try connection.query(
            """
            select dataset, dataset_version, training_samples, validation_samples, test_samples, classes, channels, height, width,
                   training_mean, training_standard_deviation, fingerprint, licence, imported_at
              from analysis.dataset
             order by dataset, dataset_version
            """)
    }

    /// The counts of each class in each split of a data set, also of classes that have no samples.
    package func classBalance(of dataset: StoredDataset) throws -> Rows {
        let validation: StaticString =
            dataset.validationSplitID == nil
            ? ""
            : """
            coalesce(validation.samples, 0) as validation_samples,
                   coalesce(validation.share, 0) as validation_share,
            """
        return try connection.query(
            """
            select class.position - 1 as label, class.name as class_name,
                   coalesce(training.samples, 0) as training_samples, coalesce(training.share, 0) as training_share,
                   \(validation)
                   coalesce(test.samples, 0) as test_samples, coalesce(test.share, 0) as test_share
              from analysis.dataset
             cross join unnest(dataset.class_names) with ordinality as class (name, position)
              left join analysis.class_balance as training
                on training.dataset_id = $1
               and training.split = 'training'
               and training.label = class.position - 1
              left join analysis.class_balance as validation
                on validation.dataset_id = $1
               and validation.split = 'validation'
               and validation.label = class.position - 1
              left join analysis.class_balance as test
                on test.dataset_id = $1
               and test.split = 'test'
               and test.label = class.position - 1
             where dataset.dataset_id = $1
             order by class.position
            """, dataset.id)
    }

    /// The first samples of a split, with their pixels.
    package func firstSamples(of dataset: StoredDataset, split: Split, count: Int) throws -> Rows {
        try connection.query(
            """
            select index, label, class_name, pixels, height, width
              from analysis.sample
             where dataset_id = $1
               and split = $2
             order by index
             limit $3
            """, dataset.id, split.rawValue, count)
    }
}

extension SampleSource {
    /// Rows are cut out of the pixels by these sizes.
    fileprivate func check(against description: DatasetDescription) throws {
        let classes = description.classNames.count
        func check(_ isRight: Bool, _ reason: @autoclosure () -> String) throws {
            guard isRight else { throw InconsistentDataset("The data set “\(description.name)”", reason()) }
        }
        try check((1...32_768).contains(classes), "has \(classes) classes")
        try check(
            byteCount == labels.count * description.shape.count, "has \(byteCount) bytes in \(labels.count) images")
        if let label = labels.first(where: { Int($0) >= classes }) {
            try check(false, "has the label \(label), and there are \(classes) classes")
        }
    }

    /// Ranges of samples whose pixels together have about so many bytes.
    fileprivate func blocks(of bytes: Int) -> [Range<Int>] {
        let count = max(1, bytes / max(1, byteCount / max(1, labels.count)))
        return stride(from: 0, to: labels.count, by: count).map { $0..<min($0 + count, labels.count) }
    }
}
