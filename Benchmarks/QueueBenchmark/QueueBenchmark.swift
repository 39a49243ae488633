import PostgreSQL
import Reporting
import Store
import Synchronization
import TestServer

/// Measures the queue on a server of its own, with durable commits, through the same calls as a daemon's.
@main
struct QueueBenchmark {
    private static let workers = 8
    private static func executor(_ worker: Int) -> RunExecutor {
        RunExecutor(worker: "benchmark:\(worker)", host: "benchmark", processor: "", threads: 1, programVersion: "0")
    }

    private let database: String
    private let store: Store

    static func main() async throws {
        let home = try TemporaryDirectory.make()
        let server = EmbeddedServer(home: home)
        let database = try server.start()
        if case .running(_, let process, _) = try server.status {
            TemporaryDirectory.removeAfterThisProcess(home, ending: process)
        }
        try await QueueBenchmark(database: database).run()
    }

    private init(database: String) throws {
        self.database = database
        store = try Store(connection: Connection(database))
        _ = try store.connection.script(
            """
            insert into registry.split (fingerprint, samples, channels, height, width, label_bound)
            values (repeat('0', 64), 1, 1, 1, 1, 1);
            insert into registry.sample (split_id, index, label, pixels) select split_id, 0, 0, '\\x00' from registry.split;
            insert into registry.dataset (name, version, class_names, training_split_id, test_split_id, training_mean,
                                          training_standard_deviation, source, licence)
            select 'none', 1, '{a}', split_id, split_id, 0, 1, '', '' from registry.split;
            insert into registry.model (name) values ('none')
            """)
    }

    private func run() async throws {
        print("| queue, \(Self.workers) workers, durable commits | |\n|---|---|")
        try enqueue(10_000)
        let (seconds, _) = try await claimAndFinish(10_000)
        tell("no-op runs claimed and finished a second", "\(Quantity.count(Int(10_000 / seconds)))")

        try await measureStart()

        try enqueue(1_000_000)
        // The dead rows are those at the head of the queue, put off once.
        _ = try store.connection.execute("alter table registry.run set (autovacuum_enabled = off)")
        _ = try store.connection.execute(
            """
            update registry.run
               set available_at = available_at + interval '1 microsecond'
             where run_id in (select run_id from registry.run where state = 'queued' order by available_at, run_id limit 100000)
            """)
        let (_, claims) = try await claimAndFinish(10_000)
        tell("claim among 1,000,000 queued and 100,000 dead rows, median", Self.milliseconds(claims[claims.count / 2]))
        tell("the same, 99 % quantile", Self.milliseconds(claims[claims.count * 99 / 100]))
    }

    private func tell(_ name: String, _ value: String) { print("| \(name) | \(value) |") }

    private static func milliseconds(_ seconds: Double) -> String {
        "\(Quantity.decimal(seconds * 1000, places: 1)) ms"
    }

    private func enqueue(_ count: Int) throws {
        _ = try store.connection.execute(
            """
            insert into registry.run (model_id, dataset_id, configuration, parameter_count, epochs)
            select model.model_id, dataset.dataset_id, '{}', 0, 1
              from registry.model, registry.dataset, generate_series(1, $1)
            """, count)
        _ = try store.connection.execute("vacuum analyze registry.run")
    }

    /// Eight workers claim runs and end them at once.
    ///
    /// - Returns: Seconds for all, and the seconds of each claim in ascending order.
    private func claimAndFinish(_ count: Int) async throws -> (seconds: Double, claims: [Double]) {
        let left = Shared(count)
        let start = ContinuousClock.now
        let claims = try await withThrowingTaskGroup(of: [Double].self) { group in
            for worker in 0..<Self.workers {
                group.addTask { [database] in
                    try await Blocking.run {
                        let store = try Store(connection: Connection(database))
                        var claims: [Double] = []
                        while left.change({ $0 -= 1 }) >= 0 {
                            let before = ContinuousClock.now
                            guard let run = try store.claim(by: Self.executor(worker)) else { break }
                            claims.append((ContinuousClock.now - before) / .seconds(1))
                            try store.end(run.lease, as: .cancelled)
                        }
                        return claims
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        return ((ContinuousClock.now - start) / .seconds(1), claims.sorted())
    }

    /// From asking for a run until an idle worker has it.
    private func measureStart() async throws {
        let count = 500
        let taken = Shared([Int: ContinuousClock.Instant]())
        let worker = Task { [database] in
            try await Blocking.run {
                let store = try Store(connection: Connection(database))
                try store.connection.listen(to: Store.queueChannel)
                var found = 0
                while found < count {
                    if let run = try store.claim(by: Self.executor(0)) {
                        _ = taken.change { $0[run.lease.run] = .now }
                        try store.end(run.lease, as: .cancelled)
                        found += 1
                    } else {
                        _ = try store.connection.notifications(waiting: .seconds(2))
                    }
                }
            }
        }
        let dataset = try store.dataset(named: "none").id
        var asked: [Int: ContinuousClock.Instant] = [:]
        for _ in 0..<count {
            try await Task.sleep(for: .milliseconds(5))
            let before = ContinuousClock.now
            let run = try store.enqueue(
                RunRequest(
                    model: "none", datasetID: dataset, configuration: "{}", parameterCount: 0, multiplyAdds: 0,
                    epochs: 1))
            asked[run] = before
        }
        try await worker.value
        let started = taken.change { _ in }
        let waits = asked.compactMap { run, before in started[run].map { ($0 - before) / .seconds(1) } }.sorted()
        tell("from asking for a run to its start, median", Self.milliseconds(waits[waits.count / 2]))
        tell("the same, 99 % quantile", Self.milliseconds(waits[waits.count * 99 / 100]))
    }
}
