import Testing

/// Flags and words that do not go together, and how they do.
let usageRemedies: [Remedy] =
    rangeRemedies + exampleRemedies + [
        Remedy(
            "registry/Commands/Reading/HardestCommand", "--until must be after",
            "registry hardest --since 2026-02-01 --until 2026-01-01", ends: 64,
            .flags(["--since": "2020-01-01", "--until": "2040-01-01"])),
        Remedy(
            "registry/Commands/Training/DatasetCheckCommand", "--limit must not be", on: .imported,
            "registry dataset check mnist --limit -1", ends: 64, .flags(["--limit": "1"])),
        Remedy(
            "registry/Commands/Training/DatasetCheckCommand", "--pictures must not be", on: .imported,
            "registry dataset check mnist --pictures -1", ends: 64, .flags(["--pictures": "1"])),
        Remedy(
            "registry/Commands/Training/DatasetCommand", "Give --test or --validation", on: .imported,
            "registry dataset inspect mnist --test --validation", ends: 64, .without("--validation")),
        Remedy(
            "registry/Commands/Training/DatasetSplitCommand", "--split needs two or three", on: .imported,
            "registry dataset split mnist --split 50/60", ends: 64, .flags(["--split": "90/10"])),
        Remedy(
            "registry/Commands/Reading/CompareCommand", "--quiet goes without --format",
            "registry compare mlp cnn --quiet --format json", ends: 64, .without("--format")),
        Remedy(
            "registry/Commands/Reading/CurveCommand", "more than one chart can distinguish",
            "registry curve mlp mlp mlp mlp mlp mlp mlp", ends: 64, .flags(["--format": nil])),
        Remedy(
            "registry/Commands/Reading/PredictCommand", "--top must be at least",
            "registry predict mlp \"$files/pictures\" --top 0", ends: 64, .flags(["--top": "1"])),
        Remedy(
            "registry/Commands/Reading/PredictCommand", "--labels goes with",
            "registry predict mlp \"$files/digits/t10k-images-idx3-ubyte\" --labels "
                + "\"$files/digits/t10k-labels-idx1-ubyte\"", ends: 64, .flags(["--evaluate": nil])),
        Remedy(
            "registry/Options/Output", "--table goes with", "registry compare mlp cnn --table models", ends: 64,
            .flags(["--format": nil])),
        Remedy(
            "registry/Options/TrainingOptions", "--learning-rate-decay goes with", on: .imported,
            "registry train mlp --learning-rate-decay 0.9 --schedule cosine", ends: 64,
            .flags(["--schedule": "exponential"]), .flags(["--schedule": "step"])),
        Remedy(
            "registry/Options/TrainingOptions", "needs --learning-rate-decay", on: .imported,
            "registry train mlp --schedule step", ends: 64, .flags(["--learning-rate-decay": "0.9"])),
        Remedy(
            "registry/Options/TrainingOptions", "--step-epochs goes with", on: .imported,
            "registry train mlp --step-epochs 2", ends: 64, .flags(["--schedule": nil, "--learning-rate-decay": "0.9"])),
        Remedy(
            "registry/Options/TrainingOptions", "--minimum-learning-rate goes with", on: .imported,
            "registry train mlp --minimum-learning-rate 0.001", ends: 64, .flags(["--schedule": nil])),
        Remedy(
            "registry/Options/TrainingOptions", "--momentum goes with", on: .imported,
            "registry train mlp --optimizer adam --momentum 0.9", ends: 64, .flags(["--optimizer": nil])),
        Remedy(
            "registry/Options/TrainingOptions", "--nesterov goes with", on: .imported,
            "registry train mlp --nesterov --optimizer adam", ends: 64,
            .own { trial in
                let sgd = try trial.with("--optimizer", nil)
                let result = try await trial.place.type(sgd)
                #expect(result.errors.contains("--nesterov needs --momentum"), "\(result.errors)")
                try await trial.succeed("\(sgd) --momentum 0.9")
            }),
        Remedy(
            "registry/Options/TrainingOptions", "--nesterov needs", on: .imported, "registry train mlp --nesterov",
            ends: 64,
            .flags(["--momentum": "0.9"])),
        Remedy(
            "registry/Options/Arguments", "is no run: write run:12", "registry show run:0", ends: 64,
            .typing(shows: "mlp", then: .other("registry show run:1"))),
        Remedy(
            "registry/Options/Arguments", "is a run, and a model version is needed here", "registry errors run:1",
            ends: 64,
            .own { trial in
                for index in trial.advice.commands.indices {
                    try await trial.succeed("\(trial.command(index)) run:1")
                }
                for version in ["mlp", "mlp@1"] {
                    try await trial.succeed(trial.typed.replacing("run:1", with: version))
                }
            }),
        Remedy(
            "registry/Options/InstructionSet", "this processor can run", on: .nothing, "registry doctor", ends: 64,
            before: { $0.program.environment["REGISTRY_CPU"] = "abacus" },
            .own { trial in
                let names = try #require(trial.line.split(separator: "can run ").last).dropLast().split(separator: ", ")
                #expect(names.contains("baseline"))
                for name in names {
                    try trial.take(setting: "REGISTRY_CPU")
                    try await trial.succeed("REGISTRY_CPU=\(name) \(trial.typed)")
                }
            }),
        Remedy(
            "registry/PNGDrawing", "rsvg-convert failed", "registry curve mlp --output curve.png", ends: 70,
            before: { place in
                let environment = place.program.environment
                place.program.environment["PATH"] = "\(environment["files"] ?? "")/broken:\(environment["PATH"] ?? "")"
            },
            .flags(["--output": nil])),
        Remedy(
            "registry/Commands/Upkeep/AliasCommand", "--remove takes the model alone",
            "registry alias mlp@1 production --remove", ends: 64,
            before: { try await $0.succeed("registry alias mlp@1 production") },
            .typing(shows: "Removed mlp@production", then: .nothing)),
    ]

/// Numbers out of their range: the bounds that the message names are allowed.
private let rangeRemedies: [Remedy] =
    [
        // Flag, what is not allowed, what is.
        ("epochs", "0", nil), ("batch-size", "0", nil), ("learning-rate", "0", "0.01"), ("momentum", "1", nil),
        ("learning-rate-decay", "0", "0.9"), ("weight-decay", "-1", nil), ("label-smoothing", "1", nil),
        ("augment-shift", "-1", nil), ("augment-rotation", "181", nil), ("warmup-epochs", "10", nil),
        ("step-epochs", "0", nil), ("minimum-learning-rate", "1", nil),
    ].map { (name: String, wrong: String, right: String?) in
        let others = [
            "step-epochs": " --schedule step --learning-rate-decay 0.9", "minimum-learning-rate": " --schedule cosine",
        ]
        return Remedy(
            "registry/Options/TrainingOptions", "--… must be ….", on: .imported,
            "registry train mlp\(others[name] ?? "") --\(name) \(wrong)", ends: 64,
            right.map { Way.flags(["--\(name)": $0]) } ?? Way.bound("--\(name)"))
    } + [
        Remedy(
            "registry/Options/TrainingOptions", "--seed must be", on: .imported, "registry train mlp --seed -1",
            ends: 64,
            .bound("--seed")),
        Remedy(
            "registry/Options/ThreadOptions", "--threads must be", on: .imported, "registry train mlp --threads 0",
            ends: 64,
            .bound("--threads")),
        Remedy(
            "registry/Options/ArchitectureOptions", "--classes must be", on: .nothing,
            "registry architecture show mlp --classes 0", ends: 64, .bound("--classes"),
            .bound("--classes", largest: true)),
        Remedy(
            "registry/Options/ArchitectureOptions", "--… must be", on: .nothing,
            "registry architecture show mlp --channels 0", ends: 64, .bound("--channels"),
            .bound("--channels", largest: true)),
        Remedy(
            "registry/Commands/Training/ArchitectureCommand", "--batch-size must be", on: .nothing,
            "registry architecture show mlp --batch-size 0", ends: 64, .bound("--batch-size"),
            .bound("--batch-size", largest: true)),
        Remedy(
            "registry/Options/Arguments", "--limit must not be negative", "registry runs --limit -1", ends: 64,
            .flags(["--limit": "0"])),
        Remedy(
            "registry/Commands/Reading/ListingCommands", "--limit must not be negative", "registry models --limit -1",
            ends: 64, .flags(["--limit": "0"])),
        Remedy(
            "registry/Commands/Upkeep/DatabaseCommand", "--wait must be", "registry db migrate --wait -1", ends: 64,
            .bound("--wait"), .bound("--wait", largest: true)),
        Remedy(
            "registry/Commands/Unattended/RetrainCommand", "--level must be", "registry retrain mlp --level 2",
            ends: 64,
            .bound("--level"), .bound("--level", largest: true)),
        Remedy(
            "registry/Commands/Reading/CalibrationCommand", "--bins must be", "registry calibration mlp --bins 0",
            ends: 64, .bound("--bins"), .bound("--bins", largest: true)),
        Remedy(
            "registry/Commands/Reading/CalibrationCommand", "--error-rate must be",
            "registry calibration mlp --error-rate 2", ends: 64, .bound("--error-rate"),
            .bound("--error-rate", largest: true)),
        Remedy(
            "registry/Commands/Unattended/RetrainCommand", "--margin must be", "registry retrain mlp --margin 2",
            ends: 64,
            .bound("--margin"), .bound("--margin", largest: true)),
        Remedy(
            "registry/Commands/Unattended/RetrainCommand", "is no group of test samples",
            "registry retrain mlp --guard 4", ends: 64, .flags(["--guard": "label=4"])),
        Remedy(
            "registry/Commands/Unattended/RetrainCommand", "--minimum-accuracy must be",
            "registry retrain mlp --minimum-accuracy -1", ends: 64, .bound("--minimum-accuracy"),
            .bound("--minimum-accuracy", largest: true)),
        Remedy(
            "registry/Commands/Unattended/DaemonCommand", "--workers must be", "registry daemon --once --workers 0",
            ends: 64, .bound("--workers")),
        Remedy(
            "registry/Commands/Unattended/DaemonCommand", "--threads-per-worker must be between 1 and 1,024.",
            "registry daemon --once --threads-per-worker 0", ends: 64, .bound("--threads-per-worker")),
        Remedy(
            "registry/Commands/Unattended/DaemonCommand", "--workers times --threads-per-worker",
            "registry daemon --once --workers 8 --threads-per-worker 129", ends: 64, .flags(["--workers": "1"]),
            .flags(["--threads-per-worker": "1"])),
        Remedy(
            "registry/Commands/Unattended/DaemonCommand", "--metrics-port must be",
            "registry daemon --once --metrics-port -1", ends: 64, .bound("--metrics-port")),
    ]

/// Messages that give an example.
private let exampleRemedies: [Remedy] = [
    Remedy(
        "registry/Commands/Reading/CompareCommand", "Name two or more models", "registry compare mlp", ends: 64,
        .typing(shows: "McNemar", then: .nothing)),
    Remedy(
        "registry/Commands/Training/DatasetDriftCommand", "Name one data set, or two splits", on: .imported,
        "registry dataset drift a b c", ends: 64, .typing(shows: "mnist@1", then: .nothing)),
    Remedy(
        "registry/Commands/Training/DatasetDriftCommand", "must be two splits' names", on: .imported,
        "registry dataset drift mnist:exam", ends: 64, .example(insteadOf: "mnist:exam")),
]
