import Foundation
import PostgreSQL
import TestServer
import Testing

/// The queue, daemons, schedules and retrainings.
let unattendedRemedies: [Remedy] =
    limitRemedies + threadRemedies + scheduleRemedies + [
        Remedy(
            "registry/Commands/Training/TrainCommand", "--wait goes with --detach.", on: .imported,
            "registry train mlp --wait",
            ends: 64,
            .own { trial in
                let daemon = try trial.place.start("exec registry daemon")
                #expect(try await trial.succeed(trial.with("--detach", nil)).contains("mlp@1"))
                kill(daemon.identifier, SIGTERM)
                #expect(try await daemon.end().status == 0)
            }),
        Remedy(
            "registry/Commands/Training/TrainCommand", "--threads is said to the daemon", on: .imported,
            "registry train mlp --detach --threads 1", ends: 64,
            .own { trial in
                try await trial.succeed(trial.without("--threads"))
                try await trial.succeed(trial.with("--threads-per-worker", "1", in: "registry daemon --once"))
                try await trial.succeed("registry show mlp@1")
            }),
        Remedy(
            "registry/Commands/Training/TrainCommand", "Queued. A registry daemon trains it", on: .imported,
            "registry train mlp --detach", ends: 0, .own(trainQueued)),
        Remedy(
            "registry/Commands/Unattended/RequeueCommand", "A registry daemon trains it", on: .imported,
            "registry requeue 1",
            ends: 0,
            before: { place in
                for line in ["registry train mlp --detach", "registry cancel 1"] { try await place.succeed(line) }
            }, .own(trainQueued)),
        Remedy(
            "registry/Commands/Unattended/JobsCommand", "Nothing is queued.", on: .imported, "registry jobs", ends: 0,
            .typing()),
        Remedy(
            "registry/Commands/Unattended/RetrainCommand", "To do it again: --force", "registry retrain mlp", ends: 0,
            before: { try await $0.succeed("registry retrain mlp") }, .flags(["--force": nil])),
        Remedy(
            "registry/Commands/Unattended/RetrainCommand", "already. See: registry jobs", "registry retrain mlp",
            ends: 75,
            provoke: { place in
                // The first waits until the second has been told of it.
                let results = Results()
                let first = try await place.whileWaiting(
                    for: "registry.sample", "access exclusive", typed: "registry retrain mlp"
                ) { _ in
                    results.refused = try await place.type("registry retrain mlp")
                    results.jobs = try await place.type("registry jobs")
                }
                #expect(first.status == 0, "\(first.errors)")
                #expect(results.jobs?.output.contains("running") == true, "\(results.jobs?.output ?? "")")
                return try #require(results.refused)
            }, .typing()),
        Remedy(
            "registry/Commands/Unattended/RetrainCommand", "No model version is in production.", "registry retrain",
            ends: 66, .typing()),
        Remedy(
            "registry/Commands/Unattended/RetrainCommand", "A retraining keeps the settings", "registry retrain mlp",
            ends: 65,
            before: { place in
                try await place.succeed("registry alias mlp production")
                try place.sql(
                    """
                    update registry.run
                       set configuration = jsonb_set(configuration::jsonb, '{training,learning_rate}', '1e30')
                     where run_id = 1
                    """)
            },
            .own { trial in
                try await trial.succeed("registry train mlp")
                try await trial.succeed(trial.command())
                try await trial.succeed(trial.typed)
            }),
    ]

/// What a closure that is called in the midst of another leaves.
private final class Results {
    var refused: Program.Result?
    var jobs: Program.Result?
}

/// The line names a daemon and the queue: the run is there, and then it is a version.
@Sendable private func trainQueued(trial: Trial) async throws {
    let daemon = try trial.command(0)
    #expect(try await trial.succeed(trial.command(1)).contains("queued"))
    try await trial.succeed("\(daemon) --once")
    try await trial.succeed("registry show mlp@1")
}

private let scheduleRemedies: [Remedy] = [
    Remedy(
        "registry/Commands/Unattended/ScheduleCommand", "There is no schedule. Make one", "registry schedule list",
        ends: 0,
        .typing()),
    Remedy(
        "registry/Commands/Unattended/ScheduleCommand", "is never executed.", "registry schedule list", ends: 0,
        before: { place in
            try await place.succeed("registry schedule add nightly @daily retrain")
            try place.sql("update registry.schedule set command = array['models']")
        },
        .own { trial in
            _ = (try trial.command(0), try trial.with("--detach", nil))  // What is wrong with the command.
            #expect(try await trial.succeed(trial.command(1)).contains("crontab(5)"))
            try await trial.succeed("registry schedule add nightly @daily retrain")
            try await trial.succeed(trial.typed)
        }),
    Remedy(
        "registry/Commands/Unattended/ScheduleCommand", "See: registry schedule list",
        "registry schedule remove nigthly",
        ends: 66, before: { try await $0.succeed("registry schedule add nightly @daily retrain") },
        .typing(shows: "nightly", then: .other("registry schedule remove nightly"))),
    Remedy(
        "registry/ScheduledCommand", "A schedule executes retrain, train --detach or robustness",
        "registry schedule add nightly @daily models", ends: 64,
        .own { trial in
            #expect(try trial.command() == "registry models")
            try await trial.succeed(trial.typed.replacing("models", with: "retrain"))
            try await trial.succeed(trial.with("--detach", nil).replacing("models", with: "train mlp"))
            try await trial.succeed(trial.typed.replacing("models", with: "robustness mlp"))
        }),
    Remedy(
        "registry/ScheduledCommand", "has no place in a schedule",
        "registry schedule add nightly @daily retrain --database x", ends: 64, .without("--database")),
    Remedy(
        "registry/ScheduledCommand", "A schedule only queues a training",
        "registry schedule add nightly @daily train mlp",
        ends: 64,
        .own { trial in
            let queueing = try trial.with("--detach", nil)
            #expect(try trial.without("--wait") == trial.typed)
            try await trial.succeed(queueing)
        }),
    Remedy(
        "registry/ScheduledCommand", "A schedule only queues a training",
        "registry schedule add nightly @daily train mlp --detach --wait", ends: 64, .without("--wait")),
]

/// What the system allows is not enough.
private let limitRemedies: [Remedy] = [
    Remedy(
        "registry/Failures/DaemonFailures", "Or take fewer --workers.",
        "prlimit --nofile=80:4096 registry daemon --once --workers 9", ends: 75, .flags(["--workers": "1"])),
    Remedy(
        "Trainer/Descriptors", "Raise the limit (ulimit -n",
        "prlimit --nofile=80:4096 registry daemon --once --workers 9",
        ends: 75,
        .own { trial in
            let needed = try #require(trial.line.firstMatch(of: /needs ([0-9]+)/)?.1)
            try await trial.succeed(
                "ulimit -n \(needed); \(trial.typed.replacing("prlimit --nofile=80:4096 ", with: ""))")
        }),
    Remedy(
        "registry/Failures/DaemonFailures", "Take another with --metrics-port or --metrics-host.",
        "registry daemon --once --metrics-port $port", ends: 64,
        before: { place in
            let server = try place.program.start(
                "/usr/bin/env",
                arguments: [
                    "python3", "-c",
                    """
                    import socket, time
                    server = socket.create_server(("127.0.0.1", 0))
                    print(server.getsockname()[1], flush=True)
                    time.sleep(600)
                    """,
                ])
            try await server.waitForOutput("\n")
            place.program.environment["port"] = server.outputSoFar.trimmingCharacters(in: .newlines)
            place.keep(server)
        }, .flags(["--metrics-port": "0"]), .flags(["--metrics-host": "127.0.0.2"])),
]

/// Root has no limit of threads; it becomes a user who has no other process.
private let threadRemedies: [Remedy] =
    geteuid() != 0
    ? []
    : [
        Remedy(
            "registry/Failures/DaemonFailures", "Or take fewer --workers or --threads-per-worker.", on: .imported,
            "\(limited) registry daemon --once --workers 40 --threads-per-worker 1", ends: 75, before: letOthersConnect,
            .flags(["--workers": "1"])),
        Remedy(
            "registry/Failures/DaemonFailures", "Or take fewer --workers or --threads-per-worker.", on: .imported,
            "\(limited) registry daemon --once --workers 1 --threads-per-worker 40", ends: 75, before: letOthersConnect,
            .flags(["--threads-per-worker": "1"])),
        Remedy(
            "Trainer/Threads", "Raise the limit (ulimit -u", on: .imported,
            "\(limited) registry daemon --once --workers 1 --threads-per-worker 40", ends: 75, before: letOthersConnect,
            .own { trial in
                let daemon = trial.typed.replacing("\(limited) ", with: "")
                try await trial.succeed("\(limited) bash -c 'ulimit -u 4000; exec \(daemon)'")
            }),
    ]

private let limited = "setpriv --reuid $user --regid $user --clear-groups prlimit --nproc=24:4000"

/// The tests' server is private; whoever may connect to a port reaches it through a proxy.
@Sendable private func letOthersConnect(place: inout TypingPlace) throws {
    let proxy = try FaultProxy(before: try #require(place.program.environment["REGISTRY_DATABASE_URL"]))
    place.program.environment["REGISTRY_DATABASE_URL"] = proxy.connectionString
    place.program.environment["user"] = "\(Int.random(in: 100_000...1_000_000_000))"
}
