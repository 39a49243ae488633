import Testing

/// Networks from other programs, and trainings that start from a version.
let networkRemedies: [Remedy] = [
    Remedy(
        "registry/Commands/Training/TrainCommand", "Name a network, or with --from", "registry train", ends: 64,
        .flags(["--from": "mlp@1"])),
    Remedy(
        "registry/Commands/Training/TrainCommand", "--from and --init are two starts",
        "registry train --from mlp --init mlp.safetensors", ends: 64, before: exportNetwork, .without("--init")),
    Remedy(
        "registry/Failures/RunFailures", "To train it further:", "registry retrain foreign", ends: 65,
        before: { place in
            try await exportNetwork(place: &place)
            try await place.succeed("registry import foreign mlp.onnx --dataset mnist")
        }, .typing(shows: "foreign@2", then: .nothing)),
    Remedy(
        "registry/Commands/Training/ImportCommand", "Name the file of a network", "registry import new --dataset mnist",
        ends: 64,
        before: { try await $0.succeed("(echo index,predicted; seq 0 29 | sed 's/$/,1/') > predictions.csv") },
        .flags(["--predictions": "predictions.csv"])),
    Remedy(
        "registry/Commands/Training/ImportCommand", "give its layers with --architecture",
        "registry import new mlp.safetensors --dataset mnist", ends: 64, before: exportNetwork,
        .flags(["--architecture": "mlp"])),
    Remedy(
        "registry/Commands/Training/ImportCommand", "--architecture goes with .safetensors",
        "registry import new mlp.onnx --architecture mlp --dataset mnist", ends: 64, before: exportNetwork,
        .without("--architecture")),
    Remedy(
        "registry/Options/StandardizationOptions", "--mean and --std go together",
        "registry import new mlp.safetensors --architecture mlp --dataset mnist --mean 0.5", ends: 64,
        before: exportNetwork, .flags(["--std": "0.5"])),
    Remedy(
        "registry/Options/StandardizationOptions", "--no-standardize does without",
        "registry import new mlp.safetensors --architecture mlp --dataset mnist --no-standardize --mean 0.5 --std 0.5",
        ends: 64, before: exportNetwork, .without("--no-standardize")),
    Remedy(
        "registry/Options/StandardizationOptions", "--std must be above 0",
        "registry import new mlp.safetensors --architecture mlp --dataset mnist --mean 0.5 --std 0", ends: 64,
        before: exportNetwork, .flags(["--std": "0.5"])),
    Remedy(
        "registry/Training/ExpectedAccuracy", "pixels were standardised otherwise",
        "registry import new plain.safetensors --architecture mlp --dataset mnist --expect-accuracy $(cat accuracy)",
        ends: 65,
        before: { place in
            // Bright pixels: what was learned from 0…1 errs on deviations from the mean.
            try await place.succeed("registry train mlp --name plain --no-standardize --epochs 3 --quiet")
            try await place.succeed("registry export plain plain.safetensors")
            try await place.succeed(
                "registry show plain --format csv | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == \"test_accuracy\") "
                    + "column = i } NR == 2 { print $column }' > accuracy")
        }, .flags(["--no-standardize": nil]), .flags(["--mean": "0", "--std": "1"])),
]

/// `mlp@1` as a file of either form.
@Sendable private func exportNetwork(place: inout TypingPlace) async throws {
    try await place.succeed("registry export mlp mlp.onnx")
    try await place.succeed("registry export mlp mlp.safetensors")
}
