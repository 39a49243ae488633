import Foundation
import PostgreSQL
import Synchronization
import TestServer
import Testing

@testable import Store

/// The long form of `MigrationTests`: `make test-faults`.
@Suite(
    "Changing a large table that is in use",
    .enabled(if: ProcessInfo.processInfo.environment["FAULT_ROUNDS"] == "long", "make test-faults"))
struct MigrationFaultTests {
    private static let runs = 1000
    private static let epochs = 10
    /// Of an epoch.
    private static let misses = 100

    /// A new column of every misclassified sample, filled twenty runs at a time, and an index on it.
    private static let later = """
        -- Works with programs from schema \(Schema.current.number) on.
        alter table registry.misclassification add column doubt real;
        drop trigger misclassification_change_check on registry.misclassification;
        create table registry.filled_run (run_id bigint constraint filled_run_pkey primary key);
        -- batch
        with next as (
            insert into registry.filled_run (run_id)
            select run_id
              from registry.run
             where not exists (select from registry.filled_run as filled where filled.run_id = run.run_id)
             order by run_id
             limit 20
            returning run_id
        )
        update registry.misclassification as wrong
           set doubt = 1 - wrong.confidence
          from next
         where wrong.run_id = next.run_id
        -- batch
        create index concurrently if not exists misclassification_doubt_index on registry.misclassification (doubt)
        """

    /// A server of its own, whose commits are durable, with 10⁶ misclassified samples and two versions.
    private func database() async throws -> (url: String, dataset: StoredDataset, versions: [StoredVersion]) {
        let home = try TemporaryDirectory.make()
        let server = EmbeddedServer(home: home)
        let url = try server.start()
        if case .running(_, let process, _) = try server.status {
            TemporaryDirectory.removeAfterThisProcess(home, ending: process)
        }
        let store = try Store(connection: Connection(url))
        let (dataset, ids) = try store.importSmallDataset(count: 10_000)
        let versions = try [0, 1].map { offset in
            let lease = try store.startRun(of: "version", on: dataset)
            let missed = (0..<Self.misses).map { ids[3 * ($0 + offset)] }
            try store.record(epoch(of: 10_000, missing: missed), under: lease)
            return try store.resolve(try store.succeed(lease, weights: [UInt8(offset)]))
        }
        try store.connection.script(
            """
            set session_replication_role = replica;
            create temporary table made as
            select nextval('registry.run_run_id_seq') as run_id from generate_series(1, \(Self.runs));
            insert into registry.run (run_id, model_id, dataset_id, architecture_id, configuration, parameter_count, epochs,
                                      state, epochs_finished, attempts, started_at, finished_at)
            overriding system value
            select made.run_id, model_id, dataset_id, architecture_id, configuration, parameter_count, \(Self.epochs),
                   'succeeded', \(Self.epochs), 1, now(), now()
              from made
             cross join (select * from registry.run limit 1) as known;
            insert into registry.epoch_metric (run_id, epoch, learning_rate, training_loss, training_correct, training_samples,
                                               training_seconds, test_loss, test_correct, test_samples, test_seconds)
            select run_id, epoch, 0.01, 0.5, 9000, 10000, 0.5, 0.5, 10000 - \(Self.misses), 10000, 0.05
              from made, generate_series(1, \(Self.epochs)) as epoch;
            insert into registry.misclassification (run_id, epoch, sample_id, predicted, confidence, loss, probabilities)
            select run_id, epoch, sample_id, 2, 0.625, 1.5, '{0.125,0.25,0.625}'
              from made
             cross join generate_series(1, \(Self.epochs)) as epoch
             cross join unnest('{\(ids.prefix(Self.misses).map(String.init).joined(separator: ","))}'::bigint[]) as sample_id;
            reset session_replication_role;
            """)
        try store.connection.execute("vacuum analyze registry.misclassification")
        return (url, dataset, versions)
    }

    /// Repeats a call until it is over.
    ///
    /// - Returns: How often, and the longest time that it took.
    private static func repeated(
        until isOver: Flag, _ body: () throws -> Void
    ) throws -> (calls: Int, longest: Duration) {
        var (calls, longest) = (0, Duration.zero)
        repeat {
            longest = max(longest, try ContinuousClock().measure(body))
            calls += 1
        } while !isOver.value.load(ordering: .relaxed)
        return (calls, longest)
    }

    private final class Flag: Sendable {
        let value = Atomic(false)
    }

    @Test("while a million misclassified samples are filled, neither a trainer nor a reader waits a second")
    func million() async throws {
        let (url, dataset, versions) = try await database()
        let isOver = Flag()
        let trainer = Task.detached {
            let store = try Store(connection: Connection(url))
            let ids = try store.samples(of: dataset, split: .test).ids
            let missed = (0..<Self.misses).map { ids[3 * $0] }
            let lease = try store.startRun(of: "trained", on: dataset, epochs: 100_000)
            var number = 0
            return try Self.repeated(until: isOver) {
                number += 1
                try store.record(epoch(number, of: 10_000, missing: missed), checkpoint: [1], under: lease)
                #expect(try store.renew(lease) == false)
            }
        }
        let reader = Task.detached {
            let store = try Store(connection: Connection(url))
            return try Self.repeated(until: isOver) {
                #expect(try store.comparisons(of: versions).count == 1)
                #expect(try store.misclassifiedSamples(of: versions[0], limit: 20).count == 20)
                #expect(try store.runs(limit: 20).count == 20)
            }
        }
        let connection = try Connection(url)
        let newer = Schema(
            files: EmbeddedSQL.files.map {
                (
                    $0.path,
                    $0.text.replacing(
                        "view analysis.dataset as\nselect ", with: "view analysis.dataset as\nselect all ")
                )
            } + [("migrations/00\(Schema.current.number + 1)-later", Self.later)])
        let seconds = try ContinuousClock().measure {
            #expect(try newer.migrate(connection, within: .seconds(60)).migrations.count == 1)
        }
        isOver.value.store(true, ordering: .relaxed)
        let (trained, read) = (try await trainer.value, try await reader.value)
        let filled: Int = try connection.query(
            "select count(*) as n from registry.misclassification where doubt = 0.375")[0]["n"]
        #expect(filled >= Self.runs * Self.epochs * Self.misses)
        #expect(trained.longest < .seconds(1) && read.longest < .seconds(1))
        print(
            "\(filled) rows filled and indexed in \(seconds); meanwhile \(trained.calls) epochs stored, the slowest in "
                + "\(trained.longest), and \(read.calls) times read, the slowest in \(read.longest)")
    }
}
