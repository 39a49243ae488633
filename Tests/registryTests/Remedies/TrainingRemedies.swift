import Foundation
import Testing

/// Models, versions and runs that are not there, and trainings that end badly.
let trainingRemedies: [Remedy] =
    absenceRemedies + networkRemedies + [
        Remedy(
            "registry/Commands/Reading/DiffCommand", "Train it again with the same settings",
            "registry diff mlp@1 cnn@1", ends: 0,
            .own { trial in
                for network in ["mlp", "cnn"] {
                    try await trial.place.succeed(
                        try trial.with("--seed", "5", in: "registry train \(network) --quiet"))
                }
                #expect(try await trial.succeed(trial.typed).contains("A new seed of mlp@1's recipe breaks "))
            }),
        Remedy(
            "registry/Failures/NetworkFailures", "Use --no-standardize.", on: .nothing,
            "registry train mlp --dataset black --epochs 1", ends: 65,
            before: { try await $0.succeed("registry dataset import black \"$files/black\"") },
            .flags(["--no-standardize": nil])),
        Remedy(
            "registry/Failures/NetworkFailures", "Take a larger --batch-size.", on: .imported,
            "registry train \"$files/norm.json\" --batch-size 1", ends: 65, .flags(["--batch-size": "30"])),
        Remedy(
            "registry/Failures/RunFailures", "which fits.", on: .imported,
            "ulimit -v 12000000; registry train vgg16 --detach", ends: 65, .flags(["--batch-size": nil])),
        Remedy(
            "registry/Failures/RunFailures", "Try a smaller --learning-rate.", on: .imported,
            "registry train mlp --batch-size 8 --learning-rate 1e20", ends: 65, .flags(["--learning-rate": "0.01"])),
        Remedy(
            "registry/Failures/RunFailures", "Try --no-standardize.", on: .imported,
            "registry train \"$files/overflow.json\" --epochs 1", ends: 65, .flags(["--no-standardize": nil])),
        Remedy(
            "registry/Failures/RunFailures", "Start without --init, or with other weights.",
            "registry train mlp --init huge.safetensors", ends: 65,
            before: { place in
                try await place.succeed("registry export mlp weights.safetensors")
                // The header's length, the header, then numbers of four bytes.
                var bytes = try Data(contentsOf: place.folder.appending(path: "weights.safetensors"))
                let header = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
                for index in (8 + header)..<bytes.count {
                    bytes[index] = [0xFF, 0xFF, 0x7F, 0x7F][(index - header) % 4]
                }
                try bytes.write(to: place.folder.appending(path: "huge.safetensors"))
            }, .without("--init"),
            .own { try await $0.succeed($0.with("--init", "weights.safetensors")) }),
        Remedy(
            "registry/Failures/RunFailures", "To have a daemon resume it: registry requeue", on: .imported,
            "registry train mlp", ends: 130,
            provoke: { place in
                try await place.whileWaiting(for: "registry.epoch_metric", "share", typed: "registry train mlp") {
                    kill($0.identifier, SIGINT)
                }
            },
            .own { trial in
                try await trial.succeed(trial.command())
                try await trial.succeed("registry daemon --once")
                try await trial.succeed("registry show mlp@1")
            }),
        Remedy(
            "registry/Failures/DaemonFailures", "See: registry runs", on: .imported, "registry train mlp", ends: 75,
            provoke: { place in
                // It stands still for longer than its lease, and a daemon takes its run over.
                try await place.whileWaiting(
                    for: "registry.sample", "access exclusive", typed: "registry train mlp"
                ) { training in
                    kill(training.identifier, SIGSTOP)
                    try place.sql("update registry.run set lease_expires_at = now() - interval '1 second'")
                    let daemon = try place.start("exec registry daemon --once")
                    try await wait(until: "the daemon has the run") {
                        try !place.program.connect().query("select from registry.run where attempts = 2").isEmpty
                    }
                    kill(training.identifier, SIGCONT)
                    _ = daemon
                }
            }, .typing(shows: "mlp", then: .nothing)),
        Remedy(
            "registry/Training/DetachedRun", "See: registry runs", on: .imported, "registry train mlp --detach --wait",
            ends: 130,
            provoke: { place in
                let waiting = try place.start("exec registry train mlp --detach --wait")
                try await wait(until: "the run is queued") {
                    try !place.program.connect().query("select from registry.run").isEmpty
                }
                try await place.succeed("registry cancel 1")
                return try await waiting.end()
            }, .typing(shows: "cancelled", then: .other("registry requeue 1"))),
    ]

private let absenceRemedies: [Remedy] = [
    Remedy(
        "registry/Commands/Reading/ListingCommands", "No model has been trained yet.", on: .imported, "registry models",
        ends: 0, .typing()),
    Remedy(
        "registry/Commands/Reading/ListingCommands", "There is no such version.",
        "registry models --model cnn --dataset others", ends: 0,
        before: { try await $0.succeed("registry dataset import others \"$files/others\"") }, .typing()),
    Remedy(
        "registry/Commands/Reading/ListingCommands", "There is no such run.", on: .imported, "registry runs", ends: 0,
        .typing()),
    Remedy(
        "registry/Commands/Reading/ReportCommand", "No model has been trained yet.", on: .imported, "registry report",
        ends: 66, .typing()),
    Remedy(
        "registry/Failures/RunFailures", "Train it with:", on: .imported, "registry show cnn", ends: 66, .typing()),
    Remedy(
        "registry/Failures/RunFailures", "Train it with:", on: .imported, "registry show mine", ends: 66, .typing()),
    Remedy("registry/Failures/RunFailures", "Train it with:", "registry show lenet", ends: 66, .typing()),
    Remedy(
        "registry/Failures/RunFailures", "See its runs with:", on: .imported, "registry errors wild", ends: 66,
        before: { place in
            let wild = try await place.type("registry train mlp --name wild --batch-size 8 --learning-rate 1e20")
            #expect(wild.status == 65, "\(wild.errors)")
        }, .typing(shows: "diverged", then: .nothing)),
    Remedy(
        "registry/Failures/RunFailures", "Give it that alias with:", "registry show mlp@candidate", ends: 66, .typing()),
    Remedy(
        "registry/Failures/RunFailures", "See: registry models", "registry compare mlp far", ends: 65,
        before: { place in
            try await place.succeed("registry dataset import others \"$files/others\"")
            try await place.succeed("registry train mlp --name far --dataset others --epochs 1")
        }, .typing(shows: "others@1", then: .other("registry compare mlp cnn"))),
    Remedy(
        "registry/Failures/RunFailures", "Train one with:", on: .imported, "registry hardest --dataset mnist@1",
        ends: 66,
        before: { try await $0.succeed("registry dataset import mnist \"$files/others\"") }, .typing()),
    Remedy(
        "registry/Failures/RunFailures", "When each was registered, shows:", "registry hardest --since 2100-01-01",
        ends: 66, .typing(shows: "mlp", then: .other("registry hardest --since 2000-01-01"))),
    Remedy(
        "registry/Failures/RunFailures", "See: registry runs", "registry cancel 77", ends: 66,
        .typing(shows: "mlp", then: .other("registry show run:1"))),
    Remedy(
        "registry/Failures/RunFailures", "Train one on it:", "registry evaluate mlp --dataset words", ends: 65,
        before: importWords, .typing()),
    Remedy(
        "registry/Failures/RunFailures", "Train one on it:", "registry evaluate tuned --dataset words", ends: 65,
        before: { place in
            try await importWords(place: &place)
            try await place.succeed("registry train cnn --name tuned --epochs 1")
        }, .typing()),
    Remedy(
        "registry/Failures/RunFailures", "Train one on it:", "registry evaluate norm --dataset words", ends: 65,
        before: { place in
            try await importWords(place: &place)
            try await place.succeed("registry train \"$files/norm.json\" --epochs 1")
        }, .typing(filling: ["FILE": "\"$files/norm.json\""])),
]

/// Images of the same shape, in classes of other names.
@Sendable private func importWords(place: inout TypingPlace) async throws {
    let names = "zero,one,two,three,four,five,six,seven,eight,nine"
    try await place.succeed("registry dataset import words \"$files/others\" --class-names \(names)")
}
