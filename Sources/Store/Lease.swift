import PostgreSQL

/// The process that executes a run, as the run's row describes it.
public struct Executor: Sendable, Hashable {
    /// Host, process id and number of the worker in the process.
    public var worker: String
    /// The machine's name in the network.
    public var host: String
    /// The processor's model name.
    public var processor: String
    /// Worker threads of the engine.
    public var threads: Int
    /// This program's version.
    public var programVersion: String

    public init(worker: String, host: String, processor: String, threads: Int, programVersion: String) {
        self.worker = worker
        self.host = host
        self.processor = processor
        self.threads = threads
        self.programVersion = programVersion
    }
}

/// The right to write to a run: valid while no later claim has raised the run's fencing number.
public struct Lease: Sendable, Hashable {
    public let run: Int
    public let fence: Int
}

/// A run that this process may execute.
public struct ClaimedRun: Sendable, Hashable {
    /// What every write to it is guarded by.
    public let lease: Lease
    /// Key of the data set to learn.
    public let datasetID: Int
    /// JSON object with all that determines the result.
    public let configuration: String
    /// Above 0 where another trainer began.
    public let epochsFinished: Int

    init(_ row: Row) throws {
        lease = Lease(run: try row["run_id"], fence: try row["fence"])
        datasetID = try row["dataset_id"]
        configuration = try row["configuration"]
        epochsFinished = try row["epochs_finished"]
    }
}

/// The run belongs to another trainer by now, or has ended: this trainer must stop and can write nothing.
public struct LeaseLost: Error, Sendable, CustomStringConvertible {
    public let run: Int

    public init(run: Int) {
        self.run = run
    }

    public var description: String {
        "Run \(run) was ended or taken over elsewhere; this process stops training it."
    }
}
