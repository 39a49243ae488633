import Foundation
import PostgreSQL
import SystemPackage
import TestServer
import Testing

/// What happens to servers: they crash, are restarted, run full, hand over to another, hide behind a pooler.
@Suite("Faults of the server", .serialized)
struct ServerFaultTests {
    /// A server of its own, durable as in use.
    private struct Own {
        let server: EmbeddedServer
        let program: Program

        init(in home: FilePath? = nil, settings: [String: String] = [:]) async throws {
            var program = try Program.withEmptyHome().program
            let directory: FilePath
            if let home { directory = home } else { directory = try TemporaryDirectory.make() }
            server = EmbeddedServer(home: directory, settings: settings)
            program.environment["REGISTRY_DATABASE_URL"] = try server.start()
            if case .running(_, let process, _) = try server.status {
                TemporaryDirectory.removeAfterThisProcess(directory, ending: process)
            }
            self.program = program
        }

        var process: Int32? {
            get throws { if case .running(_, let process, _) = try server.status { process } else { nil } }
        }

        var socketFolder: String? {
            get throws { if case .running(_, _, let folder) = try server.status { folder } else { nil } }
        }

        /// As `pg_ctl stop -m immediate` does it: a crash.
        func crash() async throws {
            guard let process = try process else { return }
            kill(process, SIGQUIT)
            try await wait(until: "the server's end") { kill(process, 0) != 0 }
        }
    }

    /// Runs a command as a user that PostgreSQL's programs accept.
    @discardableResult
    private func asServerUser(_ command: String) async throws -> String {
        let program = Program(environment: ["PATH": "/usr/lib/postgresql/15/bin:/usr/sbin:/usr/bin:/sbin:/bin"])
        let words = geteuid() == 0 ? ["postgres", "-s", "/bin/sh", "-c", command] : ["-c", command]
        let result = try await program.start(geteuid() == 0 ? "/bin/su" : "/bin/sh", arguments: words).end()
        #expect(result.status == 0, "\(command): \(result.errors)")
        return result.output
    }

    private static func isInstalled(_ path: String) -> Bool { FileManager.default.isExecutableFile(atPath: path) }

    @Test("the server crashes and comes back, again and again")
    func crashes() async throws {
        let own = try await Own()
        let disturbed = try await Disturbed(own.program, epochs: 12)
        let run = try await disturbed.queue()
        try disturbed.hold(run, after: 1)
        let daemon = try disturbed.daemon("--once")
        for epoch in 1...10 {
            try await disturbed.waitForEpoch(epoch, of: run)
            try await own.crash()
            _ = try own.server.start()
            try disturbed.hold(run, after: epoch + 1)
        }
        try disturbed.release(run)
        #expect(try await daemon.end().status == 0)
        try disturbed.expectNothingLost([run])
        try await own.crash()
    }

    @Test("a reading command waits for a server that is stopped, leaves it as it is, and says what it waited for")
    func stoppedServer() async throws {
        let own = try await Own()
        let process = try #require(try own.process)
        var embedded = own.program
        embedded.environment["REGISTRY_DATABASE_URL"] = nil
        embedded.environment["REGISTRY_HOME"] = own.server.home.string
        kill(process, SIGSTOP)
        let reading = try await embedded.run("models")
        #expect(reading.status == 69, "\(reading.errors)")
        #expect(reading.errorLines.count == 2 && reading.errors.contains("process \(process)"), "\(reading.errors)")
        kill(process, SIGCONT)
        #expect(try await embedded.run("models").status == 0)
        #expect(try own.process == process)
        try await own.crash()
    }

    /// What a thread that still connects does with OpenSSL must not meet the process's end.
    @Test("a daemon whose only run fails at once ends in order, also where connecting takes long: TCP and a password")
    func shortDaemon() async throws {
        let folder = try TemporaryDirectory.make()
        TemporaryDirectory.removeAfterThisProcess(folder)
        let rules = folder.appending("pg_hba.conf").string
        try "local all all trust\nhost all all 127.0.0.0/8 scram-sha-256\n"
            .write(toFile: rules, atomically: false, encoding: .utf8)
        chmod(rules, 0o644)
        // The port is always the same, so the address is one of its own.
        let address = "127.\(Int.random(in: 1...254)).\(Int.random(in: 1...254)).\(Int.random(in: 1...254))"
        let own = try await Own(settings: ["listen_addresses": address, "hba_file": rules])
        let disturbed = try await Disturbed(own.program, epochs: 1)
        let owner = try own.program.connect()
        try owner.script("alter role postgres password 'secret'")
        let run = try await disturbed.queue()
        let remote =
            "host=\(address) port=5432 user=postgres password=secret dbname=\(EmbeddedServer.database) sslmode=disable"
        var statuses: [Int32: Int] = [:]
        let rounds = Disturbed.isLong ? 250 : 20
        for _ in 0..<rounds {
            _ = try owner.execute(
                """
                update registry.run
                   set state = 'queued', finished_at = null, attempts = 0, available_at = now(),
                       configuration = jsonb_set(configuration, '{training,epochs}', '0')
                 where run_id = $1
                """, run)
            statuses[try await disturbed.daemon(through: remote, "--once").end().status, default: 0] += 1
            let state: String = try owner.query("select state from registry.run where run_id = $1", run)[0]["state"]
            #expect(state == "failed")
        }
        #expect(statuses == [0: rounds])
        try await own.crash()
    }

    @Test(
        "the embedded server is killed under a daemon and under a training, which start it again and end the same",
        arguments: [false, true], [false, true])
    func killedEmbeddedServer(hasLongPath: Bool, inDaemon: Bool) async throws {
        // More than the 107 bytes of a socket's path.
        let folder = try TemporaryDirectory.make()
        let home = hasLongPath ? folder.appending(String(repeating: "d", count: 100)) : folder.appending("home")
        let own = try await Own(in: home)
        TemporaryDirectory.removeAfterThisProcess(folder)
        let socketFolder = try #require(try own.socketFolder)
        let disturbed = try await Disturbed(own.program, epochs: 5)
        var embedded = own.program
        embedded.environment["REGISTRY_DATABASE_URL"] = nil
        embedded.environment["REGISTRY_HOME"] = home.string
        let run: Int
        let trainer: Program.Running
        if inDaemon {
            run = try await disturbed.queue()
            try disturbed.hold(run, after: 1)
            trainer = try embedded.start("daemon", "--once", "--threads-per-worker", "1")
        } else {
            run = 2
            try disturbed.hold(run, after: 1)
            trainer = try embedded.start(["train", "mlp", "--name", "disturbed", "--quiet"] + disturbed.flags)
        }
        for epoch in 1...3 {
            try await disturbed.waitForEpoch(epoch, of: run)
            let process = try #require(try own.process)
            kill(process, SIGKILL)
            try await wait(until: "another server") { try own.process.map { $0 != process } ?? false }
            try await wait(until: "it answers") { (try? disturbed.hold(run, after: epoch + 1)) != nil }
        }
        try disturbed.release(run)
        let ended = try await trainer.end()
        #expect(ended.status == 0, "\(ended.errors)")
        try disturbed.expectNothingLost([run])
        #expect(try own.socketFolder == socketFolder, "each start would leave one behind")
        try own.server.stop()
        #expect(socketFolder.starts(with: home.string) || access(socketFolder, F_OK) != 0)
    }

    @Test("one of the server's processes is killed, which ends all connections")
    func killedBackend() async throws {
        let own = try await Own()
        let disturbed = try await Disturbed(own.program, epochs: 5)
        let run = try await disturbed.queue()
        try disturbed.hold(run, after: 1)
        let daemon = try disturbed.daemon("--once")
        for epoch in 1...3 {
            try await disturbed.waitForEpoch(epoch, of: run)
            let connection = try own.program.connect()
            kill(connection.serverProcessID, SIGKILL)
            try await wait(until: "the server answers again") { (try? disturbed.hold(run, after: epoch + 1)) != nil }
        }
        try disturbed.release(run)
        #expect(try await daemon.end().status == 0)
        try disturbed.expectNothingLost([run])
        try await own.crash()
    }

    @Test("connections are used up for a while: before a training, and while it goes on")
    func usedUpConnections() async throws {
        let own = try await Own(settings: ["max_connections": "10", "superuser_reserved_connections": "0"])
        let disturbed = try await Disturbed(own.program, epochs: 4)
        let run = try await disturbed.queue()
        try disturbed.hold(run, after: 1)
        var hogs: [Connection] = []
        func takeAll() { while let hog = try? own.program.connect() { hogs.append(hog) } }
        takeAll()
        let daemon = try disturbed.daemon("--once")
        try await Task.sleep(for: .seconds(1))
        #expect(!hogs.isEmpty)
        hogs = []
        try await disturbed.waitForEpoch(1, of: run)
        try own.program.connect().execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        )
        takeAll()
        #expect(!hogs.isEmpty)
        try await Task.sleep(for: .seconds(1))
        hogs = []
        try await wait(until: "a free connection") { (try? disturbed.release(run)) != nil }
        #expect(try await daemon.end().status == 0)
        try disturbed.expectNothingLost([run])
        try await own.crash()
    }

    @Test(
        "PgBouncer in transaction mode stands between",
        .enabled("needs pgbouncer") { isInstalled("/usr/sbin/pgbouncer") })
    func pgbouncer() async throws {
        let disturbed = try await Disturbed.onNewDatabase()
        let database = try #require(disturbed.program.environment["REGISTRY_DATABASE_URL"])
        let parts = Dictionary(
            uniqueKeysWithValues: database.split(separator: " ").map { part in
                let pair = part.split(separator: "=", maxSplits: 1)
                return (String(pair[0]), pair[1].trimmingCharacters(in: ["'"]))
            })
        let folder = try TemporaryDirectory.make()
        TemporaryDirectory.removeAfterThisProcess(folder)
        chmod(folder.string, 0o777)
        let (host, name, user) = (parts["host"] ?? "", parts["dbname"] ?? "", parts["user"] ?? "postgres")
        try """
        [databases]
        \(name) = host=\(host) dbname=\(name) user=\(user)
        [pgbouncer]
        listen_addr =
        unix_socket_dir = \(folder)
        listen_port = 6432
        auth_type = any
        pool_mode = transaction
        default_pool_size = 3
        pidfile = \(folder)/pid
        logfile = \(folder)/log
        """.write(toFile: "\(folder)/pgbouncer.ini", atomically: true, encoding: .utf8)
        try await asServerUser("pgbouncer --daemon --quiet \(folder)/pgbouncer.ini")
        let pooled = "host='\(folder)' port=6432 dbname='\(name)' user='\(user)'"

        try await wait(until: "PgBouncer's socket") {
            FileManager.default.fileExists(atPath: "\(folder)/.s.PGSQL.6432")
        }
        // What a statement needs set is set with it, and not left behind for others of the pool.
        let connection = try Connection(pooled)
        let path = "select current_setting('search_path') as path"
        #expect(connection.isPooled)
        #expect(try connection.query(path)[0]["path"] == "pg_catalog, pg_temp")
        #expect(try connection.transaction { try connection.query(path)[0]["path"] } == "pg_catalog, pg_temp")
        let left = try await asServerUser("psql -h \(folder) -p 6432 -U \(user) -Atc 'show search_path' \(name)")
        #expect(left == "\"$user\", public\n")

        var runs: [Int] = []
        for _ in 0..<4 { runs.append(try await disturbed.queue()) }
        let daemons = try (0..<2).map { _ in try disturbed.daemon(through: pooled, "--workers", "2", "--once") }
        for daemon in daemons {
            let ended = try await daemon.end()
            #expect(ended.status == 0, "\(ended.errors)")
        }
        try disturbed.expectNothingLost(runs)
        try await asServerUser("kill $(cat \(folder)/pid)")
    }

    @Test(
        "a standby takes over",
        .enabled("needs pg_basebackup") { isInstalled("/usr/lib/postgresql/15/bin/pg_basebackup") })
    func failover() async throws {
        let folder = try TemporaryDirectory.make()
        chmod(folder.string, 0o777)
        let (first, second) = ("\(folder)/first", "\(folder)/second")
        let settings = "-c listen_addresses= -c port=5432"
        try await asServerUser(
            """
            mkdir \(first) \(second) && initdb -E UTF8 -D \(first)/data -U postgres -A trust >/dev/null &&
            pg_ctl -D \(first)/data -w -l \(first)/log -o "\(settings) -c unix_socket_directories=\(first)" start >/dev/null &&
            createdb -h \(first) -U postgres registry &&
            pg_basebackup --checkpoint=fast -h \(first) -U postgres -D \(second)/data -R -C -S standby -d "host=\(first) application_name=standby" &&
            pg_ctl -D \(second)/data -w -l \(second)/log -o "\(settings) -c unix_socket_directories=\(second)" start >/dev/null &&
            psql -qh \(first) -U postgres -c "alter system set synchronous_standby_names='*'" -c "select pg_reload_conf()" registry >/dev/null
            """)
        var program = try Program.withEmptyHome().program
        program.environment["REGISTRY_DATABASE_URL"] =
            "host=\(first),\(second) port=5432 user=postgres dbname=registry target_session_attrs=read-write"
        let disturbed = try await Disturbed(program, epochs: 4)
        let run = try await disturbed.queue()
        try disturbed.hold(run, after: 1)
        let daemon = try disturbed.daemon("--once")
        try await disturbed.waitForEpoch(1, of: run)
        try await asServerUser(
            """
            pg_ctl -D \(first)/data -m immediate stop >/dev/null;
            pg_ctl -D \(second)/data -w promote >/dev/null &&
            psql -qh \(second) -U postgres -c "alter system set synchronous_standby_names=''" -c "select pg_reload_conf()" registry >/dev/null
            """)
        try disturbed.release(run)
        let ended = try await daemon.end()
        #expect(ended.status == 0, "\(ended.errors)")
        try disturbed.expectNothingLost([run])
        try await asServerUser("pg_ctl -D \(second)/data -m immediate stop >/dev/null; rm -rf \(first) \(second)")
        rmdir(folder.string)
    }

    private static func canMount() -> Bool {
        geteuid() == 0
            && system(
                """
                d=$(mktemp -d) && mount -t tmpfs -o size=4m tmpfs $d 2>/dev/null &&
                test $(df --output=size $d | tail -n 1) = 4096; r=$?; umount $d 2>/dev/null; rmdir $d; exit $r
                """) == 0
    }

    @Test(
        "the disk is full, and then it is not",
        .enabled("needs the right to mount a tmpfs of limited size") { canMount() })
    func fullDisk() async throws {
        let folder = try TemporaryDirectory.make()
        #expect(system("mount -t tmpfs -o size=400m,mode=711 tmpfs \(folder)") == 0)
        defer { system("umount -l \(folder); rmdir \(folder)") }
        #expect(system("chown postgres: \(folder)") == 0)
        let settings = "-c listen_addresses= -c unix_socket_directories=\(folder) -c max_wal_size=64MB"
        try await asServerUser(
            """
            initdb -E UTF8 -D \(folder)/data -U postgres -A trust >/dev/null &&
            pg_ctl -D \(folder)/data -w -l \(folder)/log -o "\(settings)" start >/dev/null &&
            createdb -h \(folder) -U postgres registry
            """)
        var program = try Program.withEmptyHome().program
        program.environment["REGISTRY_DATABASE_URL"] = "host=\(folder) user=postgres dbname=registry"
        let disturbed = try await Disturbed(program, epochs: 4)
        let run = try await disturbed.queue()
        try disturbed.hold(run, after: 1)
        let daemon = try disturbed.daemon("--once")
        try await disturbed.waitForEpoch(1, of: run)
        kill(daemon.identifier, SIGSTOP)
        try disturbed.release(run)
        #expect(system("dd if=/dev/zero of=\(folder)/fill bs=64k count=8000 2>/dev/null") != 0, "it is full")
        kill(daemon.identifier, SIGCONT)
        try await Task.sleep(for: .seconds(3))
        #expect(disturbed.epochsFinishedIfReachable(run) ?? 0 < disturbed.epochs, "nothing more could be stored")
        #expect(system("rm \(folder)/fill") == 0)
        // A server that could not write its log stops itself: now, or when it next tries to.
        try await wait(until: "the daemon's end, with the server started again whenever it has stopped") {
            try await asServerUser(
                "pg_ctl -D \(folder)/data status >/dev/null || pg_ctl -D \(folder)/data -w -l \(folder)/log -o \"\(settings)\" start >/dev/null"
            )
            return !daemon.isRunning
        }
        let ended = try await daemon.end()
        #expect(ended.status == 0, "\(ended.errors)")
        try disturbed.expectNothingLost([run])
        try await asServerUser("pg_ctl -D \(folder)/data -m immediate stop >/dev/null")
    }

    @Test("eight daemons and three retrainings start at once on an empty database")
    func stampede() async throws {
        let program = try await Program.onEmptyDatabase()
        let daemons = try (0..<8).map { _ in try program.start("daemon", "--threads-per-worker", "1") }
        let retrainings = try (0..<3).map { _ in try program.start("retrain") }
        for retraining in retrainings {
            #expect(try await retraining.end().status == 66, "there is nothing in production")
        }
        let disturbed = try await Disturbed(program)
        var runs: [Int] = []
        for _ in 0..<8 { runs.append(try await disturbed.queue()) }
        for run in runs { try await disturbed.waitForEnd(of: run) }
        try disturbed.expectNothingLost(runs)
        for daemon in daemons { kill(daemon.identifier, SIGTERM) }
        for daemon in daemons { #expect(try await daemon.end().status == 0) }
    }
}
