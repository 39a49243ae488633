import Datasets
import FoundationEssentials
import NeuralNetwork
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
        _ dataset: ImageDataset, name: String, source: String, licence: String
    ) throws -> DatasetImport {
        let moments = dataset.trainingMoments()
        let features = FeatureTable.measure(dataset)
        return try store.importDataset(
            DatasetDescription(
                name: name, classNames: dataset.classNames, height: dataset.height, width: dataset.width,
                channels: dataset.channels,
                trainingMean: moments.mean, trainingStandardDeviation: moments.standardDeviation,
                source: source, licence: licence,
                fingerprints: [
                    .training: dataset.fingerprint(of: dataset.training), .test: dataset.fingerprint(of: dataset.test),
                ]),
            training: SampleBlock(
                labels: dataset.training.labels.map(UInt16.init), pixels: dataset.training.pixels,
                features: SampleFeatures(features.training)),
            test: SampleBlock(
                labels: dataset.test.labels.map(UInt16.init), pixels: dataset.test.pixels,
                features: SampleFeatures(features.test)))
    }
}

extension SampleFeatures {
    init(_ table: FeatureTable) {
        self.init(names: FeatureTable.names, rows: table.rows, classDistances: table.classDistances)
    }
}
