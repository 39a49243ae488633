import Datasets
import Foundation
import PostgreSQL
import TestData
import TestServer
import Testing

/// A training that nobody disturbs, and trainings of the same configuration that are disturbed: they must end the same.
struct Disturbed {
    /// How often random faults are repeated: few in `make test`, many in `make test-faults`.
    static let isLong = ProcessInfo.processInfo.environment["FAULT_ROUNDS"] == "long"

    let epochs: Int
    var flags: [String] {
        ["--dataset", "small", "--epochs", "\(epochs)", "--momentum", "0.5", "--batch-size", "16"]
    }

    /// Talks to the database past all faults.
    let program: Program
    private let undisturbed = 1

    /// Imports the first images of MNIST and trains the undisturbed run.
    init(_ program: Program, epochs: Int = 6) async throws {
        self.program = program
        self.epochs = epochs
        let folder = try await Self.smallFolder()
        try await program.succeed("dataset", "import", "small", folder.path)
        let result = try await program.run(["train", "mlp", "--name", "undisturbed", "--quiet"] + flags)
        #expect(result.status == 0 && result.output == "undisturbed@1\n", "\(result.errors)")
    }

    /// On the tests' server.
    static func onNewDatabase(epochs: Int = 6) async throws -> Disturbed {
        Disturbed(
            epochs: epochs,
            program: try Program.on(
                try await TestServer.newDatabase(like: "undisturbed, \(epochs) epochs") {
                    _ = try await Disturbed(try Program.on($0), epochs: epochs)
                }))
    }

    private init(epochs: Int, program: Program) {
        self.epochs = epochs
        self.program = program
    }

    /// The first images of MNIST, as four files.
    ///
    /// - Parameter relabel: What becomes of a label.
    static func smallFolder(
        training: Int = 3000, test: Int = 500, relabel: (UInt8) -> UInt8 = { $0 }
    ) async throws -> URL {
        let all = try await MNISTFiles.dataset()
        let directory = try TemporaryDirectory.make()
        TemporaryDirectory.removeAfterThisProcess(directory)
        let folder = URL(filePath: directory.string)
        func write(_ half: SampleSet, _ count: Int, _ name: String) throws {
            try Data(FormFile.idx([count, 28, 28], Array(half.pixels()[..<(count * 784)])))
                .write(to: folder.appending(path: "\(name)-images-idx3-ubyte"))
            try Data(FormFile.idx([count], half.labels[..<count].map { relabel(UInt8($0)) }))
                .write(to: folder.appending(path: "\(name)-labels-idx1-ubyte"))
        }
        try write(all.training, training, "train")
        try write(all.test, test, "t10k")
        return folder
    }

    /// Queues a run like the undisturbed one.
    func queue(maximumAttempts: Int = 5) async throws -> Int {
        let result = try await program.run(["train", "mlp", "--name", "disturbed", "--detach", "--quiet"] + flags)
        #expect(result.status == 0, "\(result.errors)")
        let run = try #require(Int(result.output.dropLast()))
        _ = try program.connect().execute(
            "update registry.run set maximum_attempts = $2 where run_id = $1", run, maximumAttempts)
        return run
    }

    /// A daemon, on this database or through a proxy.
    func daemon(through connectionString: String? = nil, _ flags: String...) throws -> Program.Running {
        var other = program
        if let connectionString { other.environment["REGISTRY_DATABASE_URL"] = connectionString }
        return try other.start(["daemon", "--threads-per-worker", "1"] + flags)
    }

    /// What 30 seconds without its trainer do to a run.
    func expireLeases() throws {
        _ = try program.connect().execute(
            "update registry.run set lease_expires_at = now() - interval '1 second' where state = 'running'")
    }

    func epochsFinished(_ run: Int) throws -> Int {
        try program.connect().query("select epochs_finished from registry.run where run_id = $1", run)
            .first?["epochs_finished"] ?? 0
    }

    /// The same; `nil` while the database does not answer.
    func epochsFinishedIfReachable(_ run: Int) -> Int? { try? epochsFinished(run) }

    /// Waits until somebody has a run, or it has ended.
    func waitForClaim(of run: Int) async throws {
        try await wait(until: "a claim of run \(run)") {
            try program.connect().query(
                """
                select
                  from registry.run
                 where run_id = $1
                   and state <> 'queued'
                   and coalesce(lease_expires_at > now(), true)
                """, run
            ).count == 1
        }
    }

    /// Waits until a run has so many epochs.
    func waitForEpoch(_ epoch: Int, of run: Int) async throws {
        try await wait(until: "epoch \(epoch) of run \(run)") { epochsFinishedIfReachable(run) ?? 0 >= epoch }
    }

    /// Lets a run store so many epochs and no more before `release`: what happens meanwhile meets a training,
    /// however slow the machine is. A hold outlives a crash of the server.
    ///
    /// The training waits inside the transaction of its epoch, which has locked the run's row.
    func hold(_ run: Int, after epoch: Int) throws {
        let connection = try program.connect()
        // Once: making a trigger waits for everybody who writes to its table.
        if try connection.query("select where to_regclass('test.hold') is null").count == 1 {
            try connection.script(
                """
                create schema test;
                create table test.hold (run_id bigint primary key, epoch integer not null);
                create function test.wait_while_held() returns trigger language plpgsql as $$
                begin
                    while exists (select from test.hold where run_id = new.run_id and epoch < new.epoch) loop
                        perform pg_catalog.pg_sleep(0.01);
                    end loop;
                    return new;
                end $$;
                create trigger wait_while_held before insert on registry.epoch_metric
                    for each row execute function test.wait_while_held()
                """)
        }
        try connection.execute(
            """
            insert into test.hold
            values ($1, $2)
                on conflict (run_id) do update set epoch = excluded.epoch
            """, run, epoch)
    }

    /// Lets a run go on.
    func release(_ run: Int) throws { try program.connect().execute("delete from test.hold where run_id = $1", run) }

    func hasEnded(_ run: Int) throws -> Bool {
        try program.connect().query(
            "select from registry.run where run_id = $1 and state not in ('queued', 'running')", run
        ).count == 1
    }

    /// Waits until a run has ended, with a database that may not answer for a while.
    func waitForEnd(of run: Int) async throws {
        try await wait(until: "the end of run \(run)") { (try? hasEnded(run)) == true }
    }

    /// Every disturbed run has ended with all that the undisturbed one has: nothing lost, nothing twice.
    func expectNothingLost(_ runs: [Int], sourceLocation: SourceLocation = #_sourceLocation) throws {
        let connection = try program.connect()
        func none(_ query: String, _ comment: Comment, _ parameters: Int...) throws {
            let rows =
                parameters.count == 2
                ? try connection.query(query, parameters[0], parameters[1]) : try connection.query(query)
            #expect(rows.isEmpty, comment, sourceLocation: sourceLocation)
        }
        for run in runs {
            let row = try connection.query(
                """
                select state, epochs_finished, attempts <= maximum_attempts as is_within,
                       (select weights_sha256 from registry.model_version where run_id = $1) as weights,
                       (select weights_sha256 from registry.model_version where run_id = $2) as expected
                  from registry.run
                 where run_id = $1
                """, run, undisturbed)[0]
            #expect(try row["state"] == "succeeded", sourceLocation: sourceLocation)
            #expect(try row["epochs_finished"] == epochs, sourceLocation: sourceLocation)
            #expect(try row["is_within"] == true, sourceLocation: sourceLocation)
            #expect(
                try row["weights"] as String? == row["expected"], "weights to the bit", sourceLocation: sourceLocation)
            for columns in [
                ("epoch_metric", "epoch, training_loss, training_correct, test_loss, test_correct"),
                ("misclassification", "epoch, sample_id, predicted, confidence, loss, probabilities"),
                ("step_loss", "samples_seen, loss"), ("test_loss", "epoch, losses"),
                ("layer_metric", "epoch, layer, gradient_norm, dead_unit_share"),
            ] {
                try none(
                    """
                    (select \(columns.1) from registry.\(columns.0) where run_id = $1
                     except all select \(columns.1) from registry.\(columns.0) where run_id = $2)
                     union all
                    (select \(columns.1) from registry.\(columns.0) where run_id = $2
                     except all select \(columns.1) from registry.\(columns.0) where run_id = $1)
                    """, "\(columns.0)", run, undisturbed)
            }
        }
        try none(
            """
            select from registry.epoch_metric as epoch
             where test_samples - test_correct <> (select count(*) from registry.misclassification as wrong
                                                    where wrong.run_id = epoch.run_id and wrong.epoch = epoch.epoch)
            """, "misclassified = samples − correct")
        try none(
            """
            select from registry.artifact
             where sha256 <> (select encode(sha256(string_agg(bytes, '' order by index)), 'hex')
                                from registry.artifact_chunk as chunk where chunk.sha256 = artifact.sha256)
            """, "artifacts match their SHA-256")
        try none(
            """
            select from registry.epoch_metric as epoch
              left join registry.run_attempt as attempt using (run_id, fence)
             where attempt.run_id is null
                or epoch.recorded_at > attempt.ended_at
                or epoch.fence < (select max(before.fence) from registry.epoch_metric as before
                                   where before.run_id = epoch.run_id and before.epoch < epoch.epoch)
            """, "every epoch was stored by the attempt that held the run")
        try none(
            "select from registry.checkpoint join registry.run using (run_id) where state = 'succeeded'",
            "checkpoints of finished runs are gone")
        try none(
            "select from registry.run_attempt join registry.run using (run_id) where outcome is null and state <> 'running'",
            "every attempt has an outcome")
    }
}
