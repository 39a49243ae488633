import Datasets
import FoundationEssentials
import NeuralNetwork
import Samples
import Store
import SystemPackage

/// Brings data sets from files into the database.
struct DatasetSupply {
    let store: Store
    let isQuiet: Bool

    /// The data set of a name; one that is known and not there yet is fetched first.
    func dataset(named name: String) async throws -> StoredDataset {
        do {
            return try store.dataset(named: name)
        } catch let absence as NotFound {
            guard let known = KnownDataset.named(name) else { throw absence }
            return try await fetch(known).dataset
        }
    }

    /// Fetches a known data set and imports it.
    func fetch(_ known: KnownDataset, from folder: String? = nil) async throws -> DatasetImport {
        let home = try RegistryHome.path(environment: ProcessInfo.processInfo.environment)
        let isQuiet = isQuiet
        let fetcher = DatasetFetcher(cache: home.appending("datasets")) { line in
            if !isQuiet { Terminal.tell(line) }
        }
        let dataset = try await Interruption.cancelling {
            try await fetcher.fetch(known, from: folder.map { FilePath($0) })
        }
        return try save(dataset, name: known.name, source: known.source, licence: known.licence)
    }

    /// Imports a data set; content that is there already is not stored again.
    func save(
        _ dataset: ImageDataset, name: String, source: String, licence: String, progress: ImportProgress? = nil
    ) throws -> DatasetImport {
        let moments = try dataset.trainingMoments()
        let tables = try FeatureTable.measure(dataset)
        var fingerprints: [Split: String] = [
            .training: try dataset.training.fingerprint(), .test: try dataset.test.fingerprint(),
        ]
        fingerprints[.validation] = try dataset.validation?.fingerprint()
        // Each sample is stored, then its features.
        let total = 2 * tables.reduce(0) { $0 + $1.labels.count }
        var done = 0
        let result = try store.importDataset(
            DatasetDescription(
                name: name, classNames: dataset.classNames, shape: dataset.shape,
                trainingMean: moments.all.mean, trainingStandardDeviation: moments.all.standardDeviation,
                channelMeans: moments.channels.map(\.mean),
                channelStandardDeviations: moments.channels.map(\.standardDeviation), source: source, licence: licence,
                fingerprints: fingerprints),
            training: tables[0], validation: tables.count == 3 ? tables[1] : nil, test: tables[tables.count - 1]
        ) { count in
            done += count
            progress?.show("storing", done: done, of: total)
        }
        progress?.clear()
        return result
    }
}
