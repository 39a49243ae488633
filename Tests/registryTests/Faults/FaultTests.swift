import Foundation
import PostgreSQL
import Synchronization
import TestServer
import Testing

/// Whatever is killed at whatever moment: no epoch is lost or there twice, and the weights are the same to the bit.
@Suite("Faults", .serialized)
struct FaultTests {
    @Test("kill -9 at random moments")
    func kill() async throws {
        let disturbed = try await Disturbed.onNewDatabase()
        var runs = [try await disturbed.queue(maximumAttempts: 1000)]
        let rounds = Disturbed.isLong ? 200 : 50
        for round in 0..<rounds {
            let daemon = try disturbed.daemon("--once")
            // At any moment since its start in one round, since it took the run in the next.
            if round.isMultiple(of: 2) { try await disturbed.waitForClaim(of: runs[runs.count - 1]) }
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...600)))
            Glibc.kill(daemon.identifier, SIGKILL)
            _ = try await daemon.end()
            try disturbed.expireLeases()
            if try disturbed.epochsFinished(runs[runs.count - 1]) == disturbed.epochs {
                runs.append(try await disturbed.queue(maximumAttempts: 1000))
            }
        }
        #expect(try await disturbed.daemon("--once").end().status == 0)
        try disturbed.expectNothingLost(runs)
        let lost: Int = try disturbed.program.connect().query(
            "select count(*) as lost from registry.run_attempt where outcome = 'lost'")[0]["lost"]
        #expect(lost >= rounds / 5, "many of them met a training")
    }

    @Test("a trainer that sleeps past its lease, and wakes when another has done its work")
    func sleeper() async throws {
        let disturbed = try await Disturbed.onNewDatabase()
        let run = try await disturbed.queue()
        try disturbed.hold(run, after: 1)
        let sleeper = try disturbed.daemon()
        try await disturbed.waitForEpoch(1, of: run)
        Glibc.kill(sleeper.identifier, SIGSTOP)
        try disturbed.release(run)
        // Waits for a transaction that the sleeper left open, and that holds the run's row: the server ends it.
        try disturbed.expireLeases()
        #expect(try await disturbed.daemon("--once").end().status == 0)
        Glibc.kill(sleeper.identifier, SIGCONT)
        try await Task.sleep(for: .milliseconds(500))
        Glibc.kill(sleeper.identifier, SIGTERM)
        #expect(try await sleeper.end().status == 0)
        try disturbed.expectNothingLost([run])
        let outcomes = try disturbed.program.connect().query(
            "select outcome from analysis.attempt where run = $1 order by fence", run
        )
        .map { try $0["outcome"] as String? }
        #expect(outcomes == ["lost", "succeeded"])
    }

    @Test("connections cut between COMMIT and its answer")
    func cutCommits() async throws {
        let disturbed = try await Disturbed.onNewDatabase()
        let run = try await disturbed.queue()
        let commits = Atomic<Int>(0)
        let proxy = try FaultProxy(before: try #require(disturbed.program.environment["REGISTRY_DATABASE_URL"])) {
            message in
            // Every other one: the first answer to each transaction is lost.
            message.isCommit && commits.add(1, ordering: .relaxed).oldValue.isMultiple(of: 2) ? .unanswered : .passed
        }
        #expect(try await disturbed.daemon(through: proxy.connectionString, "--once").end().status == 0)
        #expect(commits.load(ordering: .relaxed) >= 2 * disturbed.epochs)
        try disturbed.expectNothingLost([run])
    }

    @Test("kill -9 between COMMIT and its answer")
    func killAfterCommit() async throws {
        let disturbed = try await Disturbed.onNewDatabase()
        let run = try await disturbed.queue(maximumAttempts: 100)
        let victim = Atomic<Int32>(0)
        let proxy = try FaultProxy(before: try #require(disturbed.program.environment["REGISTRY_DATABASE_URL"])) {
            message in
            guard message.isCommit, victim.load(ordering: .acquiring) > 0 else { return .passed }
            Glibc.kill(victim.exchange(0, ordering: .acquiringAndReleasing), SIGKILL)
            return .unanswered
        }
        for epoch in 1...disturbed.epochs {
            let daemon = try disturbed.daemon(through: proxy.connectionString, "--once")
            victim.store(daemon.identifier, ordering: .releasing)
            #expect(try await daemon.end().status == 128 + SIGKILL)
            try await disturbed.waitForEpoch(epoch, of: run)
            try disturbed.expireLeases()
        }
        #expect(try await disturbed.daemon("--once").end().status == 0)
        try disturbed.expectNothingLost([run])
    }

    @Test("kill -9 in the middle of a COPY")
    func killInCopy() async throws {
        let disturbed = try await Disturbed.onNewDatabase()
        let run = try await disturbed.queue(maximumAttempts: 100)
        let victim = Atomic<Int32>(0)
        let kills = Atomic<Int>(0)
        let proxy = try FaultProxy(before: try #require(disturbed.program.environment["REGISTRY_DATABASE_URL"])) {
            message in
            guard message.isCopyData, victim.load(ordering: .acquiring) > 0 else { return .passed }
            Glibc.kill(victim.exchange(0, ordering: .acquiringAndReleasing), SIGKILL)
            kills.add(1, ordering: .relaxed)
            return .dropped
        }
        for _ in 0..<10 {
            let daemon = try disturbed.daemon(through: proxy.connectionString, "--once")
            victim.store(daemon.identifier, ordering: .releasing)
            #expect(try await daemon.end().status == 128 + SIGKILL)
            try disturbed.expireLeases()
        }
        #expect(kills.load(ordering: .relaxed) == 10)
        #expect(try await disturbed.daemon("--once").end().status == 0)
        try disturbed.expectNothingLost([run])
    }

    @Test(
        "every single call to the database fails once: it is not received, or its answer is lost",
        arguments: [FaultProxy.Fate.dropped, .unanswered])
    func everyCall(fate: FaultProxy.Fate) async throws {
        let disturbed = try await Disturbed.onNewDatabase(epochs: 1)
        let database = try #require(disturbed.program.environment["REGISTRY_DATABASE_URL"])
        var runs: [Int] = []
        for call in 1...200 {
            let run = try await disturbed.queue()
            runs.append(run)
            let calls = Atomic<Int>(0)
            let proxy = try FaultProxy(before: database) { _ in
                calls.add(1, ordering: .relaxed).newValue == call ? fate : .passed
            }
            let daemon = try disturbed.daemon(through: proxy.connectionString, "--once")
            #expect(try await daemon.end().status == 0, "call \(call)")
            if calls.load(ordering: .relaxed) < call { break }
        }
        // Connecting, the schema, the claim, the data, an epoch, the end: less would mean that calls were missed.
        #expect((31..<200).contains(runs.count))
        try disturbed.expectNothingLost(runs)
    }

    @Test("a trainer's machine vanishes in the middle of a transaction, which holds its run's row")
    func vanished() async throws {
        let disturbed = try await Disturbed.onNewDatabase()
        let run = try await disturbed.queue()
        let commits = Atomic<Int>(0)
        let proxy = try FaultProxy(before: try #require(disturbed.program.environment["REGISTRY_DATABASE_URL"])) {
            message in
            // Without its COMMIT, the third transaction stays open.
            message.isCommit && commits.add(1, ordering: .relaxed).newValue == 3 ? .vanished : .passed
        }
        #expect(try await disturbed.daemon(through: proxy.connectionString, "--once").end().status == 0)
        #expect(commits.load(ordering: .relaxed) > 3)
        try disturbed.expectNothingLost([run])
    }

    @Test("a network that becomes a black hole, and another trainer elsewhere")
    func blackHole() async throws {
        let disturbed = try await Disturbed.onNewDatabase()
        let run = try await disturbed.queue()
        try disturbed.hold(run, after: 1)
        let proxy = try FaultProxy(before: try #require(disturbed.program.environment["REGISTRY_DATABASE_URL"]))
        let daemon = try disturbed.daemon(through: proxy.connectionString, "--once")
        try await disturbed.waitForEpoch(1, of: run)
        proxy.stall(true)
        try disturbed.release(run)
        if Disturbed.isLong {
            try await Task.sleep(for: .seconds(60))
        } else {
            // Waits for a transaction that is cut off half-way, and holds the run's row: the server ends it.
            try await Task.sleep(for: .seconds(1))
            try disturbed.expireLeases()
        }
        let other = try disturbed.daemon()
        try await disturbed.waitForEnd(of: run)
        proxy.stall(false)
        Glibc.kill(other.identifier, SIGTERM)
        #expect(try await other.end().status == 0)
        #expect(try await daemon.end().status == 0)
        try disturbed.expectNothingLost([run])
    }

    @Test("SIGTERM ends a daemon within ten seconds also when the network is a black hole")
    func gracefulInBlackHole() async throws {
        let disturbed = try await Disturbed.onNewDatabase()
        let run = try await disturbed.queue()
        try disturbed.hold(run, after: 1)
        let proxy = try FaultProxy(before: try #require(disturbed.program.environment["REGISTRY_DATABASE_URL"]))
        let daemon = try disturbed.daemon(through: proxy.connectionString)
        try await disturbed.waitForEpoch(1, of: run)
        proxy.stall(true)
        try disturbed.release(run)
        let start = ContinuousClock.now
        Glibc.kill(daemon.identifier, SIGTERM)
        #expect(try await daemon.end().status == 0)
        #expect(ContinuousClock.now - start < .seconds(10))
        proxy.stall(false)
        // What was on its way arrives now, and may store an epoch and renew the lease.
        try await wait(until: "another daemon ends the run") {
            try disturbed.expireLeases()
            #expect(try await disturbed.daemon("--once").end().status == 0)
            return try disturbed.hasEnded(run)
        }
        try disturbed.expectNothingLost([run])
    }

    @Test("one server process is ended, again and again")
    func terminatedBackends() async throws {
        let disturbed = try await Disturbed.onNewDatabase(epochs: 7)
        let run = try await disturbed.queue()
        try disturbed.hold(run, after: 1)
        let daemon = try disturbed.daemon("--once")
        for epoch in 1...5 {
            try await disturbed.waitForEpoch(epoch, of: run)
            try disturbed.hold(run, after: epoch + 1)
            try disturbed.program.connect().execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
            )
        }
        try disturbed.release(run)
        #expect(try await daemon.end().status == 0)
        try disturbed.expectNothingLost([run])
    }

    @Test("a run that takes its process with it is given up, and others are not")
    func poison() async throws {
        let disturbed = try await Disturbed.onNewDatabase()
        let poisoned = try await disturbed.queue(maximumAttempts: 3)
        let other = try await disturbed.queue()
        for _ in 0..<3 {
            // No epoch can be stored, so that the run makes no progress before its process ends.
            let lock = try disturbed.program.connect()
            try lock.script("begin; lock table registry.epoch_metric in share mode")
            let daemon = try disturbed.daemon("--once")
            try await wait(until: "the poisoned run is being trained") {
                try !disturbed.program.connect().query(
                    "select from registry.run where run_id = $1 and state = 'running' and lease_expires_at > now()",
                    poisoned
                ).isEmpty
            }
            Glibc.kill(daemon.identifier, SIGKILL)
            #expect(try await daemon.end().status == 128 + SIGKILL)
            try lock.script("rollback")
            try disturbed.expireLeases()
        }
        #expect(try await disturbed.daemon("--once").end().status == 0)
        try disturbed.expectNothingLost([other])
        let row = try disturbed.program.connect().query(
            "select state, attempts, failure from registry.run where run_id = $1", poisoned)[0]
        #expect(try row["state"] == "failed")
        #expect(try row["attempts"] == 3)
        #expect((try row["failure"] as String).contains("vanished"))
    }

    @Test("SIGTERM gives the run back within ten seconds, and another daemon ends it", arguments: [SIGTERM, SIGINT])
    func graceful(signal: Int32) async throws {
        let disturbed = try await Disturbed.onNewDatabase()
        let run = try await disturbed.queue()
        try disturbed.hold(run, after: 1)
        let daemon = try disturbed.daemon()
        try await disturbed.waitForEpoch(1, of: run)
        let start = ContinuousClock.now
        Glibc.kill(daemon.identifier, signal)
        try disturbed.release(run)
        #expect(try await daemon.end().status == 0)
        #expect(ContinuousClock.now - start < .seconds(10))
        let row = try disturbed.program.connect().query(
            "select state, attempts from registry.run where run_id = $1", run)[0]
        let (state, attempts): (String, Int) = (try row["state"], try row["attempts"])
        #expect(state == "queued" && attempts == 0 || state == "succeeded", "\(state)")
        #expect(try await disturbed.daemon("--once").end().status == 0)
        try disturbed.expectNothingLost([run])
    }
}
