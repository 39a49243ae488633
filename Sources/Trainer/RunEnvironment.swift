import NeuralNetwork
import Store

/// What a worker executes its runs with.
package struct RunEnvironment {
    let engine: Engine
    let store: ReconnectingStore
    let keeper: LeaseKeeper
    let memory: SharedMemory
    let isRetried: Bool
    let isAbandoning: @Sendable () -> Bool
    let data: (Store, StoredDataset) throws -> TrainingData

    /// - Parameters:
    ///   - store: The database, for what runs store.
    ///   - keeper: Renews the leases.
    ///   - memory: What this process's trainings share. A run that would fit without the others waits for them.
    ///   - isRetried: Whether others may take a run: a failure puts it back into the queue, as long as it has attempts;
    ///     and where its lease can't be renewed it is left to them.
    ///   - isAbandoning: Whether a run is to be given back at once, although a test or a read still goes on that nothing
    ///     can interrupt; what it stores then is refused.
    ///   - data: Loads a run's data set; called when there is memory for it.
    package init(
        engine: Engine, store: ReconnectingStore, keeper: LeaseKeeper, memory: SharedMemory = SharedMemory(),
        isRetried: Bool = false, isAbandoning: @escaping @Sendable () -> Bool = { false },
        data: @escaping (Store, StoredDataset) throws -> TrainingData = { try TrainingData(of: $1, from: $0) }
    ) {
        self.engine = engine
        self.store = store
        self.keeper = keeper
        self.memory = memory
        self.isRetried = isRetried
        self.isAbandoning = isAbandoning
        self.data = data
    }
}
