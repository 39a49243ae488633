import Foundation
import TestData
import Testing

/// Data sets that are not there, or not as an import needs them.
let datasetRemedies: [Remedy] =
    importRemedies + [
        Remedy(
            "registry/Failures/RunFailures", "See: registry dataset show", on: .imported,
            "registry dataset inspect mnist --validation",
            ends: 66, .typing(shows: "training", then: .other("registry dataset inspect mnist --test"))),
        Remedy(
            "registry/Commands/Training/DatasetCommand", "There is no data set yet.", on: .nothing,
            "registry dataset list",
            ends: 0, before: keepMNIST, .typing()),
        Remedy(
            "registry/Failures/RunFailures", "See: registry dataset list", on: .imported,
            "registry dataset show mnist@2",
            ends: 66, .typing(shows: "mnist", then: .other("registry dataset show mnist@1"))),
        Remedy(
            "registry/Failures/RunFailures", "get it with: registry dataset fetch", on: .nothing,
            "registry dataset show mnist",
            ends: 66, before: keepMNIST, .typing()),
        Remedy(
            "registry/Failures/RunFailures", "register files of your own with: registry dataset import", on: .imported,
            "registry train mlp --dataset letters", ends: 66, .typing(filling: ["PATH": "\"$files/digits\""])),
        Remedy(
            "registry/Failures/DatasetFailures", "Register files of your own with", on: .nothing,
            "registry dataset fetch letters", ends: 66,
            .typing(filling: ["PATH": "\"$files/digits\""], then: .other("registry dataset show letters"))),
        Remedy(
            "registry/Failures/DatasetFailures", "Get the four files otherwise", on: .nothing,
            "registry dataset fetch mnist",
            ends: 66,
            .own { trial in
                let folder = try await MNISTFiles.folder().string
                try await trial.succeed(trial.command(filling: ["DIRECTORY": "'\(folder)'"]))
                try await trial.succeed("registry dataset show mnist")
            }),
        Remedy(
            "registry/Failures/DatasetFailures", "See: registry dataset show", "registry errors mlp --class x",
            ends: 66,
            .typing(shows: "mnist@1", then: .other("registry errors mlp --class 4"))),
    ]

/// MNIST lies where the program keeps what it has fetched.
@Sendable private func keepMNIST(place: inout TypingPlace) async throws {
    let home = URL(filePath: try #require(place.program.environment["REGISTRY_HOME"]))
    let kept = home.appending(path: "datasets")
    try FileManager.default.createDirectory(at: kept, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
        at: kept.appending(path: "mnist"), withDestinationURL: URL(filePath: try await MNISTFiles.folder().string))
}

private let tenNames = "zero,one,two,three,four,five,six,seven,eight,nine"

private let importRemedies: [Remedy] = [
    Remedy(
        "registry/Commands/Training/DatasetImportCommand", "--class-names needs", on: .nothing,
        "registry dataset import x \"$files/digits\" --class-names a", ends: 64, .flags(["--class-names": tenNames])),
    Remedy(
        "registry/Commands/Training/DatasetImportCommand", "Give --class-names or --classes, not both.", on: .nothing,
        "registry dataset import x \"$files/eleven\" --class-names \(tenNames),ten --classes \"$files/eleven.txt\"",
        ends: 64, .without("--class-names"), .without("--classes")),
    Remedy(
        "registry/Commands/Training/DatasetImportCommand", "--size needs", on: .nothing,
        "registry dataset import x \"$files/digits\" --size 64", ends: 64, .example(insteadOf: "64")),
    Remedy(
        "registry/Commands/Training/DatasetImportCommand", "--split needs", on: .nothing,
        "registry dataset import x \"$files/pictures\" --split 80", ends: 64, .example(insteadOf: "80")),
    Remedy(
        "registry/Commands/Training/DatasetImportCommand", "--seed goes with --split.", on: .nothing,
        "registry dataset import x \"$files/pictures\" --seed 1", ends: 64, .flags(["--split": "80/20"])),
    Remedy(
        "registry/Failures/DatasetFailures", "classes with --class-names, or --classes and a file", on: .nothing,
        "registry dataset import x \"$files/eleven\"", ends: 65,
        .own { trial in
            #expect(trial.line.contains("Name 11 classes"), "\(trial.line)")
            try await trial.succeed(trial.with("--class-names", "\(tenNames),ten"))
        }, .flags(["--classes": "\"$files/eleven.txt\""])),
    Remedy(
        "registry/Failures/DatasetFailures", "See: registry help dataset import", on: .nothing,
        "registry dataset import x \"$files/empty\"", ends: 65, .typing(shows: "path,label[,split]", then: .nothing)),
    Remedy(
        "registry/Failures/DatasetFailures", "Say how to divide it", on: .nothing,
        "registry dataset import x \"$files/pictures\"", ends: 65, .flags(["--split": nil, "--seed": nil])),
    Remedy(
        "registry/Failures/DatasetFailures", "Bring all to one size", on: .nothing,
        "registry dataset import x \"$files/sizes\"", ends: 65, .flags(["--size": nil])),
    Remedy(
        "registry/Failures/DatasetFailures", "Bring them to one size with", on: .nothing,
        "registry dataset import x \"$files/sizes.npz\"", ends: 65, .flags(["--size": "8x8", "--grey": ""])),
    Remedy(
        "registry/Failures/DatasetFailures", "Leave out --split.", on: .nothing,
        "registry dataset import x \"$files/parts\" --split 80/20", ends: 65, .without("--split")),
    Remedy(
        "registry/Failures/DatasetFailures", "To take validation samples from training", on: .nothing,
        "registry dataset import x \"$files/digits\" --split 80/10/10", ends: 65, .flags(["--split": nil])),
    Remedy(
        "registry/Failures/DatasetFailures", "Give it a larger share", on: .nothing,
        "registry dataset import x \"$files/few\" --split 95/5", ends: 65,
        .own { trial in
            // The share is in the flag that was typed; half of four images is some.
            try await trial.succeed(trial.typed.replacing("95/5", with: "50/50"))
        },
        .own { trial in
            // Each of four images falls to the test with one seed in twenty.
            for seed in 1...200 {
                if try await trial.place.type(trial.with("--seed", "\(seed)")).status == 0 { return }
            }
            Issue.record("no seed helps")
        }),
]
