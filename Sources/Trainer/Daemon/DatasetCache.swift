import NeuralNetwork
import Store
import Synchronization

/// The data set that the workers of a process learned last: most runs are about the same.
final class DatasetCache: Sendable {
    private let last = Mutex<(id: Int, data: TrainingData)?>(nil)

    /// The data set, read from the database unless it is the last. Who asks while it is read waits for it.
    func data(of dataset: StoredDataset, from store: Store) throws -> TrainingData {
        try last.withLock { last in
            if let last, last.id == dataset.id { return last.data }
            last = nil
            let data = try TrainingData(of: dataset, from: store)
            last = (dataset.id, data)
            return data
        }
    }
}
