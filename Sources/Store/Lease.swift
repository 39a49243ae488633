import PostgreSQL

/// The process that executes a run, as the run's row describes it.
package struct RunExecutor: Sendable, Hashable {
    /// Host, process id and number of the worker in the process.
    package var worker: String
    /// The machine's name in the network.
    package var host: String
    /// The processor's model name.
    package var processor: String
    /// Worker threads of the engine.
    package var threads: Int
    /// This program's version.
    package var programVersion: String

    package init(worker: String, host: String, processor: String, threads: Int, programVersion: String) {
        self.worker = worker
        self.host = host
        self.processor = processor
        self.threads = threads
        self.programVersion = programVersion
    }
}

/// The right to write to a run: valid while no later claim has raised the run's fencing number.
package struct Lease: Sendable, Hashable {
    package let run: Int
    package let fence: Int
}

/// A run that this process may execute.
package struct ClaimedRun: Sendable, Hashable {
    /// What every write to it is guarded by.
    package let lease: Lease
    /// Key of the data set to learn.
    package let datasetID: Int
    /// JSON object with all that determines the result.
    package let configuration: String
    /// Above 0 where another trainer began.
    package let epochsFinished: Int

    init(_ row: Row) throws {
        lease = Lease(run: try row["run_id"], fence: try row["fence"])
        datasetID = try row["dataset_id"]
        configuration = try row["configuration"]
        epochsFinished = try row["epochs_finished"]
    }
}

/// The run belongs to another trainer by now, or has ended: this trainer must stop and can write nothing.
package struct LeaseLost: Error, Sendable, CustomStringConvertible {
    package let run: Int

    package init(run: Int) {
        self.run = run
    }

    package var description: String {
        "Run \(run) was ended or taken over elsewhere; this process stops training it."
    }
}
