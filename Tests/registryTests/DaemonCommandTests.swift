import Foundation
import PostgreSQL
import TestServer
import Testing

@Suite("registry daemon")
struct DaemonCommandTests {
    @Test("queued, trained, waited for; a run that nobody trains any more is cancelled")
    func queue() async throws {
        let disturbed = try await Disturbed.onNewDatabase(epochs: 2)
        let program = disturbed.program
        let waiting = try await disturbed.queue()
        try await program.succeed("cancel", "\(waiting)")
        #expect(try await program.run("cancel", "\(waiting)").status == 65)
        #expect(try await program.run("cancel", "999").status == 66)
        #expect(try await program.run("requeue", "999").status == 66)
        let daemon = try disturbed.daemon("--log-format", "json")
        let waited = try await program.run(
            "train", "mlp", "--name", "disturbed", "--dataset", "small", "--epochs", "2", "--momentum", "0.5",
            "--batch-size",
            "16", "--detach", "--wait")
        #expect(waited.status == 0 && waited.output == "disturbed@1\n", "\(waited.errors)")
        try await program.succeed("requeue", "\(waiting)")
        try await disturbed.waitForEnd(of: waiting)
        try disturbed.expectNothingLost([waiting, waiting + 1])
        kill(daemon.identifier, SIGTERM)
        let ended = try await daemon.end()
        #expect(ended.status == 0)
        for line in ended.errorLines {
            let event = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
            #expect(event["time"]?.hasSuffix("Z") == true && event["level"] != nil && event["message"] != nil)
        }
        #expect(ended.errors.contains("\"message\":\"epoch stored\""))
    }

    @Test("a training that is done stops soon after it is cancelled")
    func cancelRunning() async throws {
        let disturbed = try await Disturbed.onNewDatabase(epochs: 1)
        let result = try await disturbed.program.run(
            "train", "mlp", "--dataset", "small", "--epochs", "100000", "--detach", "--quiet")
        let run = try #require(Int(result.output.dropLast()))
        let daemon = try disturbed.daemon()
        try await disturbed.waitForEpoch(1, of: run)
        try await disturbed.program.succeed("cancel", "\(run)")
        try await disturbed.waitForEnd(of: run)
        let state: String = try disturbed.program.connect().query(
            "select state from registry.run where run_id = $1", run)[0]["state"]
        #expect(state == "cancelled")
        kill(daemon.identifier, SIGTERM)
        #expect(try await daemon.end().status == 0)
    }

    @Test("settings out of their ranges, written by SQL, end their runs and not the daemon")
    func settings() async throws {
        let disturbed = try await Disturbed.onNewDatabase(epochs: 1)
        let owner = try disturbed.program.connect()
        // Past the check that what was asked for stays so.
        try owner.execute("set session_replication_role = replica")
        let changes = [
            ("training,epochs", "-5"), ("training,epochs", "0"), ("training,epochs", "9223372036854775807"),
            ("training,epochs", "\"many\""),
            ("training,batch_size", "0"), ("training,batch_size", "-1"), ("training,batch_size", "9223372036854775807"),
            ("training,augmentation,shift", "-3"), ("training,augmentation,shift", "9223372036854775807"),
            ("training,augmentation,rotation", "-1"), ("training,learning_rate", "0"), ("training,learning_rate", "-1"),
            ("training,momentum", "1"),
            ("training,momentum", "-0.5"), ("training,weight_decay", "-1"), ("training,label_smoothing", "1"),
            ("training,schedule,step_epochs", "0"),
            ("training,schedule,warmup_epochs", "-1"), ("training,schedule,decay", "0"),
            ("training,optimizer", "\"none\""),
            ("architecture,layers", "[]"), ("architecture,layers,0,type", "\"none\""),
            ("architecture,layers", #"[{"type": "flatten"}, {"type": "dense", "outputs": 9223372036854775807}]"#),
            ("architecture,layers", #"[{"type": "conv2d", "outputs": 1, "kernel": 9223372036854775807}]"#),
            ("architecture,layers", #"[{"type": "max_pool2d", "kernel": 2, "stride": 0}]"#),
            ("architecture,layers", #"[{"type": "dense", "outputs": 10}]"#),
            ("architecture,input", #"{"channels": 9223372036854775807, "height": 9223372036854775807, "width": 2}"#),
            ("architecture,input", #"{"channels": 1, "height": -8, "width": 8}"#),
            // What a newer program may ask for.
            ("training,lookahead", "5"), ("training,schedule,restarts", "3"),
        ]
        for (path, value) in changes {
            let run = try await disturbed.queue()
            try owner.execute(
                """
                update registry.run
                   set configuration = jsonb_set(configuration::jsonb, $2::text[], $3::jsonb), maximum_attempts = 2147483647
                 where run_id = $1
                """, run, "{\(path)}", value)
        }
        let sound = try await disturbed.queue()
        let daemon = try await disturbed.daemon("--once").end()
        #expect(daemon.status == 0, "\(daemon.errors)")
        let runs = try owner.query(
            "select run_id, state, attempts, failure from registry.run where run_id > 1 order by run_id")
        #expect(runs.count == changes.count + 1)
        for (row, change) in zip(runs, changes) {
            let (state, attempts, failure): (String, Int, String?) = (
                try row["state"], try row["attempts"], try row["failure"]
            )
            #expect(
                state == "failed" && attempts == 1 && failure?.isEmpty == false, "\(change): \(state) \(failure ?? "")")
        }
        let undecodable: String? = try runs[3]["failure"]
        #expect(undecodable?.hasPrefix("The run's configuration can't be read at “training.epochs”: ") == true)
        let unknown: String? = try runs[changes.count - 1]["failure"]
        #expect(
            unknown
                == "The run's configuration has the setting “training.schedule.restarts”, which this program does not know"
        )
        let last: String = try owner.query("select state from registry.run where run_id = $1", sound)[0]["state"]
        #expect(last == "succeeded")
    }

    @Test("health and metrics are served to this machine; systemd is told when it is ready")
    func supervision() async throws {
        let folder = try TemporaryDirectory.make()
        TemporaryDirectory.removeAfterThisProcess(folder)
        let path = folder.appending("notify").string
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) == 0 }
        }
        try #require(isBound)
        var wait = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        func told() -> String {
            var buffer = [UInt8](repeating: 0, count: 100)
            return String(decoding: buffer[..<max(0, recv(descriptor, &buffer, buffer.count, 0))], as: UTF8.self)
        }

        let disturbed = try await Disturbed.onNewDatabase(epochs: 1)
        var program = disturbed.program
        program.environment["NOTIFY_SOCKET"] = path
        let port = 20_000 + Int(getpid()) % 20_000
        let daemon = try program.start("daemon", "--metrics-port", "\(port)")
        #expect(told() == "READY=1")
        func get(_ path: String) async throws -> String {
            try await program.start(
                "/usr/bin/curl",
                arguments: [
                    "--silent", "--show-error", "--retry", "5", "--retry-connrefused",
                    "http://127.0.0.1:\(port)\(path)",
                ]
            ).end().output
        }
        #expect(try await get("/health") == "ok\n")
        #expect(try await get("/metrics").contains("registry_runs_queued 0\n"))
        let second = try await program.run("daemon", "--metrics-port", "\(port)")
        #expect(second.status == 64 && second.errors.contains("port \(port): Address already in use"))
        // Who is connected and asks for nothing does not keep the daemon.
        let idle = try program.start(
            "/bin/bash", arguments: ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port); echo connected; sleep 60"])
        try await idle.waitForOutput("connected")
        kill(daemon.identifier, SIGTERM)
        var messages: [String] = []
        while !messages.contains("STOPPING=1"), messages.count < 4 { messages.append(told()) }
        #expect(messages.contains("STOPPING=1"))
        #expect(try await daemon.end().status == 0)
    }

    private static let systemdAnalyze = "/usr/bin/systemd-analyze"

    @Test(
        "systemd accepts the units",
        .enabled("needs systemd-analyze, Debian's systemd") {
            FileManager.default.isExecutableFile(atPath: systemdAnalyze)
        })
    func units() async throws {
        let packaging = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../packaging")
        let folder = try TemporaryDirectory.make()
        TemporaryDirectory.removeAfterThisProcess(folder)
        let units = try FileManager.default.contentsOfDirectory(at: packaging, includingPropertiesForKeys: nil)
        #expect(units.count == 3)
        for unit in units {
            try String(contentsOf: unit, encoding: .utf8)
                .replacing("/usr/local/bin/registry", with: Program.executable.path)
                .write(toFile: "\(folder)/\(unit.lastPathComponent)", atomically: true, encoding: .utf8)
        }
        let result = try await Program(environment: ["SYSTEMD_UNIT_PATH": "\(folder):"]).start(
            Self.systemdAnalyze, arguments: ["verify"] + units.map { "\(folder)/\($0.lastPathComponent)" }
        ).end()
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    }
}
