import PostgreSQL
import TestServer
import Testing

@testable import Store

@Suite("The queue of runs")
struct QueueTests {
    private let store: Store
    private let dataset: StoredDataset

    init() async throws {
        store = try await TestServer.newStore()
        dataset = try store.importSmallDataset().dataset
    }

    private func enqueue(epochs: Int = 2) throws -> Int {
        try store.enqueue(
            RunRequest(
                model: "mlp", datasetID: dataset.id, configuration: #"{"seed": 1}"#, parameterCount: 12,
                multiplyAdds: 34, epochs: epochs))
    }

    private func claim() throws -> ClaimedRun? { try store.claim(by: .test) }

    private func expireLease(of run: Int) throws {
        _ = try store.connection.execute(
            "update registry.run set lease_expires_at = now() - interval '1 second' where run_id = $1", run)
    }

    private func outcomes(of run: Int) throws -> [String?] {
        try store.connection.query("select outcome from analysis.attempt where run = $1 order by fence", run)
            .map { try $0["outcome"] }
    }

    @Test("runs are taken in the order in which they were queued, each once")
    func order() throws {
        let runs = try (0..<3).map { _ in try enqueue() }
        let claimed = try (0..<4).map { _ in try claim()?.lease.run }
        #expect(claimed == runs + [nil])
    }

    @Test("eight workers at once take every run once")
    func concurrentClaims() async throws {
        let database = try await TestServer.newDatabaseWithSchema()
        let first = try Store(connection: Connection(database))
        let dataset = try first.importSmallDataset().dataset
        let request = RunRequest(
            model: "mlp", datasetID: dataset.id, configuration: "{}", parameterCount: 1, multiplyAdds: 1, epochs: 1)
        let runs = try (0..<200).map { _ in try first.enqueue(request) }
        let taken = try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let store = try Store(connection: Connection(database))
                    var taken: [Int] = []
                    while let run = try store.claim(by: .test) { taken.append(run.lease.run) }
                    return taken
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(taken.sorted() == runs)
    }

    @Test("a run whose lease has run out is taken over before others, and its old trainer can write nothing")
    func takeover() throws {
        let run = try enqueue()
        let vanished = try #require(try claim()).lease
        try store.record(epoch(1, of: 6, missing: []), checkpoint: [1, 2, 3], under: vanished)
        _ = try enqueue()
        try expireLease(of: run)
        let next = try #require(try claim())
        #expect(next.lease == Lease(run: run, fence: vanished.fence + 1))
        #expect(next.epochsFinished == 1)
        #expect(try store.checkpoint(ofRun: run) == [1, 2, 3])
        #expect(throws: LeaseLost.self) { try store.record(epoch(2, of: 6, missing: []), under: vanished) }
        #expect(throws: LeaseLost.self) { try store.succeed(vanished, weights: [1]) }
        #expect(throws: LeaseLost.self) { try store.end(vanished, as: .released) }
        let renewed = try store.renew(vanished)
        #expect(renewed == nil)
        #expect(try store.renew(next.lease) == false)
        #expect(try outcomes(of: run) == ["lost", nil])
    }

    @Test("an attempt that fails is tried again later, the last one for good, and every error is kept")
    func attempts() throws {
        let run = try enqueue()
        _ = try store.connection.execute("update registry.run set maximum_attempts = 3")
        for attempt in 1...3 {
            let lease = try #require(try claim()).lease
            try store.end(lease, as: .failedAttempt("error \(attempt)"))
            let row = try store.connection.query(
                "select state, extract(epoch from available_at - now())::float8 as pause from registry.run")[0]
            #expect(try row["state"] == (attempt < 3 ? "queued" : "failed"))
            if attempt < 3 {
                let expected = Double(1 << (attempt - 1))
                #expect((0.4 * expected...1.5 * expected).contains(try row["pause"] as Double))
                #expect(try claim() == nil, "not before its time")
                _ = try store.connection.execute("update registry.run set available_at = now()")
            }
        }
        let errors = try store.connection.query("select error from analysis.attempt order by fence")
            .map { try $0["error"] as String }
        #expect(errors == ["error 1", "error 2", "error 3"])
        #expect(try store.state(ofRun: run).failure == "error 3")
    }

    @Test("a run that takes its trainer with it again and again is given up")
    func poison() throws {
        let run = try enqueue()
        for _ in 1...5 {
            _ = try #require(try claim())
            try expireLease(of: run)
        }
        #expect(try claim() == nil)
        #expect(try store.state(ofRun: run).state == .failed)
        #expect(try outcomes(of: run) == ["lost", "lost", "lost", "lost", "lost"])
    }

    @Test("a trainer that stops gives its run back, which counts as no attempt")
    func release() throws {
        let run = try enqueue()
        try store.end(try #require(try claim()).lease, as: .released)
        let attempts: Int = try store.connection.query("select attempts from registry.run")[0]["attempts"]
        #expect(attempts == 0)
        #expect(try claim()?.lease.run == run)
    }

    @Test("what was asked once, and asked again because the answer was lost, is done once")
    func repetition() throws {
        _ = try enqueue(epochs: 1)
        let lease = try #require(try claim()).lease
        for _ in 0..<2 { try store.record(epoch(1, of: 6, missing: []), checkpoint: [7], under: lease) }
        let versions = try (0..<2).map { _ in try store.succeed(lease, weights: [1]).description }
        #expect(versions == ["mlp@1", "mlp@1"])
        #expect(try store.modelVersions().count == 1)
        #expect(try store.checkpoint(ofRun: lease.run) == nil)

        let other = try store.startRun(of: "mlp", on: dataset)
        for _ in 0..<2 { try store.end(other, as: .cancelled) }
        #expect(throws: LeaseLost.self) { try store.end(other, as: .released) }
    }

    @Test("an epoch that takes long to store renews the lease when it is stored, not when that began")
    func slowStorage() throws {
        _ = try enqueue()
        let lease = try #require(try claim()).lease
        try store.connection.script(
            """
            create function public.wait() returns trigger language plpgsql as 'begin perform pg_sleep(1); return new; end';
            create trigger wait before insert on registry.checkpoint_chunk for each row execute function public.wait();
            """)
        try store.record(epoch(1, of: 6, missing: []), checkpoint: [7], under: lease)
        let rest: Double = try store.connection.query(
            """
            select extract(epoch from lease_expires_at - clock_timestamp() - registry.lease_duration())::double precision
                       as rest
              from registry.run
            """)[0]["rest"]
        #expect(rest > -0.9)
    }

    @Test("a waiting run is cancelled at once, one that is trained is told, one that has ended is left alone")
    func cancel() throws {
        let waiting = try enqueue()
        #expect(try store.cancel(run: waiting) == .cancelled)
        try store.requeue(run: waiting)
        for run in [waiting, 999] { #expect(throws: RunStateError.self) { try store.requeue(run: run) } }
        let lease = try #require(try claim()).lease
        #expect(try store.cancel(run: waiting) == .running)
        #expect(try store.renew(lease) == true)
        #expect(throws: RunStateError.self) { try store.requeue(run: waiting) }
        try expireLease(of: waiting)
        #expect(try claim() == nil, "its trainer is gone, and nobody wants it")
        #expect(try store.state(ofRun: waiting).state == .cancelled)
        #expect(throws: RunStateError.self) { try store.cancel(run: waiting) }
        #expect(throws: RunStateError.self) { try store.cancel(run: 999) }
    }

    @Test(
        "a worker that asks again, because the answer to its claim was lost, is given the same run, as the same attempt"
    )
    func repeatedClaim() throws {
        let run = try enqueue()
        _ = try enqueue()
        let worker = RunExecutor.test
        let unheard = try #require(try store.claim(by: worker)).lease
        let heard = try #require(try store.claim(by: worker)).lease
        #expect(heard == Lease(run: run, fence: unheard.fence + 1))
        #expect(throws: LeaseLost.self) { try store.record(epoch(1, of: 6, missing: []), under: unheard) }
        let attempts: Int = try store.connection.query("select attempts from registry.run where run_id = $1", run)[0][
            "attempts"]
        #expect(attempts == 1)
        #expect(try outcomes(of: run) == ["lost", nil])
    }

    @Test("what makes progress is no poison: a stored epoch makes the attempts before it forgotten")
    func progress() throws {
        let run = try enqueue(epochs: 20)
        for number in 1...10 {
            let lease = try #require(try claim()).lease
            try store.record(epoch(number, of: 6, missing: []), checkpoint: [1], under: lease)
            try expireLease(of: run)
        }
        #expect(try claim()?.epochsFinished == 10)
        #expect(try outcomes(of: run).count == 11)
    }

    @Test("a run whose trainer has vanished is cancelled at once, or queued again, also where no daemon runs")
    func abandoned() throws {
        let run = try enqueue()
        let vanished = try #require(try claim()).lease
        #expect(throws: RunStateError.self) { try store.requeue(run: run) }
        try expireLease(of: run)
        try store.requeue(run: run)
        #expect(try store.state(ofRun: run).state == .queued)
        #expect(throws: LeaseLost.self) { try store.end(vanished, as: .released) }
        _ = try #require(try claim())
        try expireLease(of: run)
        #expect(try store.cancel(run: run) == .cancelled)
        #expect(try outcomes(of: run) == ["lost", "lost"])
    }

    @Test("a run that was to be cancelled is, also when its trainer gives it back or fails")
    func cancelledMeanwhile() throws {
        for failure in [RunFailure.released, .failedAttempt("error")] {
            let run = try enqueue()
            let lease = try #require(try claim()).lease
            #expect(try store.cancel(run: run) == .running)
            try store.end(lease, as: failure)
            #expect(try store.state(ofRun: run).state == .cancelled)
        }
    }

    @Test("a queued run that has no attempt left does not stop the queue")
    func exhausted() throws {
        let exhausted = try enqueue()
        let next = try enqueue()
        _ = try store.connection.execute(
            "update registry.run set attempts = maximum_attempts, failure = 'before' where run_id = $1", exhausted)
        #expect(try claim()?.lease.run == next)
        let state = try store.state(ofRun: exhausted)
        #expect(state.state == .failed && state.failure == "before")
    }

    @Test("a run without its checkpoint starts over")
    func startOver() throws {
        let (lease, ids) = (
            try store.startRun(of: "mlp", on: dataset, epochs: 3), try store.samples(of: dataset, split: .test).ids
        )
        try store.record(epoch(1, of: 6, missing: [ids[0]]), checkpoint: [1], under: lease)
        _ = try store.connection.execute("update registry.checkpoint_chunk set bytes = '\\x02'")
        #expect(try store.checkpoint(ofRun: lease.run) == nil, "not whole")
        try store.startOver(lease)
        #expect(try store.epochs(ofRun: lease.run).isEmpty)
        try store.record(epoch(1, of: 6, missing: []), under: lease)
        #expect(try store.epochs(ofRun: lease.run).count == 1)
    }
}
