import ArgumentParser
import Foundation
import Testing

@testable import registry

/// The parser runs before anything else; so these need no process each.
@Suite("Flags and their values")
struct FlagTests {
    /// Flags of one command, and values that none of them takes.
    struct Refused: CustomTestStringConvertible, Sendable {
        let command: [String]
        let flags: [String]
        let values: [String]

        init(_ command: String, _ flags: [String], _ values: [String]) {
            (self.command, self.flags, self.values) = (command.split(separator: " ").map(String.init), flags, values)
        }

        var testDescription: String { "\(command.joined(separator: " ")) \(flags.joined(separator: " "))" }
    }

    /// No numbers at all, or none of 64 bits. `１` is a digit of other writing systems.
    private static let noNumbers = ["", "many", "0x", "1_000", " 1", "1 ", "１", "--", "1,000", "٣"]
    private static let noIntegers = noNumbers + ["1.5", "1e3", "nan", "9223372036854775808", "-9223372036854775809"]
    private static let tooLarge = ["2147483648", "9223372036854775807"]
    /// What a floating-point number may be and no setting is.
    private static let noSettings = noNumbers + ["nan", "inf", "-inf", "infinity", "1e400", "-1"]

    private static let training = [
        Refused("train mlp", ["--epochs", "--batch-size"], noIntegers + tooLarge + ["0", "-1"]),
        Refused("train mlp", ["--warmup-epochs", "--augment-shift"], noIntegers + tooLarge + ["-1", "1001"]),
        Refused("train mlp --learning-rate-decay 0.5 --schedule step", ["--step-epochs"], noIntegers + ["0", "-1"]),
        Refused("train mlp", ["--seed"], noIntegers + ["-1", "18446744073709551616"]),
        Refused("train mlp", ["--threads"], noIntegers + tooLarge + ["0", "-1", "1025"]),
        Refused("train mlp", ["--learning-rate", "--learning-rate-decay"], noSettings + ["0", "1e-400"]),
        Refused("train mlp --schedule cosine", ["--minimum-learning-rate"], noSettings + ["1", "0.011"]),
        Refused("train mlp", ["--momentum", "--label-smoothing"], noSettings + ["1", "1e300"]),
        Refused("train mlp", ["--weight-decay"], noSettings),
        Refused("train mlp", ["--augment-rotation"], noSettings + ["181"]),
        Refused(
            "train mlp", ["--optimizer", "--schedule", "--initialization"],
            ["", "SGD", "sgd ", "lion", "Cosine", "xavier", "0", "é", "\u{1B}[2J"]),
        Refused("train mlp", ["--name"], ["", "a@b", "é", "../m", "-m", "m\n", String(repeating: "a", count: 101)]),
    ]

    private static let others = [
        Refused(
            "architecture show mlp", ["--classes", "--channels", "--height", "--width", "--batch-size"],
            noIntegers + tooLarge + ["0", "-1", "65537"]),
        Refused("runs", ["--limit"], noIntegers + ["-1"]), Refused("models", ["--limit"], noIntegers + ["-1"]),
        Refused("errors mlp", ["--limit"], noIntegers + ["-1"]), Refused("hardest", ["--limit"], noIntegers + ["-1"]),
        Refused("predictions mlp", ["--limit"], noIntegers + ["-1"]),
        Refused("dataset inspect mnist", ["--limit"], noIntegers + ["-1"]),
        Refused("retrain", ["--level", "--margin", "--minimum-accuracy"], noSettings + ["1.000001"]),
        Refused("calibration mlp", ["--bins"], noIntegers + tooLarge + ["0", "1001"]),
        Refused("calibration mlp", ["--error-rate"], noSettings + ["1.000001"]),
        Refused("retrain", ["--guard"], ["", "4", "label=", "=4", "slant=4", "Label=4"]),
        Refused("retrain", ["--threads"], noIntegers + tooLarge + ["0", "1025"]),
        Refused("robustness mlp", ["--threads"], noIntegers + tooLarge + ["0", "1025"]),
        Refused("robustness mlp", ["--only"], ["", "Blur", "rain", "blur,noise"]),
        Refused("evaluate mlp --dataset mnist", ["--threads"], noIntegers + tooLarge + ["0", "1025"]),
        Refused("evaluate mlp --dataset mnist", ["--split"], ["", "Test", "train", "all"]),
        Refused("predict mlp 7.png", ["--top"], noIntegers + ["0", "-1"]),
        Refused("predict mlp 7.png", ["--threads"], noIntegers + tooLarge + ["0", "1025"]),
        Refused(
            "import m m.safetensors --architecture mlp --dataset d --std 1", ["--mean"],
            noNumbers + ["nan", "inf", "1e400", "1,2", "1,2,3", "1,2,3,4", ",", "1,"]),
        Refused(
            "import m m.safetensors --architecture mlp --dataset d --mean 0.5", ["--std"],
            noNumbers + ["nan", "inf", "1e400", "0", "-1", "1,2,3"]),
        Refused("import m m.onnx --dataset d", ["--expect-accuracy"], noNumbers + ["nan", "1.1", "-0.5", "98 %"]),
        Refused("daemon", ["--workers", "--threads-per-worker"], noIntegers + tooLarge + ["0", "-1", "1025"]),
        Refused("daemon", ["--metrics-port"], noIntegers + tooLarge + ["-1", "65536"]),
        Refused("daemon", ["--log-format"], ["", "JSON", "xml"]),
        Refused("db migrate", ["--wait"], noNumbers + ["-1", "86401", "nan"]),
        Refused(
            "hardest", ["--since", "--until"],
            [
                "", "now", "2026", "2026-11", "2026-13-01", "2026-02-30", "2026-1-1", "26-11-01", "2026-11-01x",
                "2026-11-01T12:00", "2026-11-01T25:00:00Z", "99999-01-01", "294277-01-01T00:00:00Z",
                "99999999999-01-01T00:00:00Z", "infinity", "-1",
            ]),
        Refused(
            "dataset import x .", ["--size"],
            ["", "64", "64x", "x64", "0x0", "-1x5", "64x64x64", "1025x1", "9223372036854775808x1", "１x１"]),
        Refused(
            "dataset import x .", ["--split"],
            ["", "80", "80/10", "80/10/10/10", "0/0/0", "-1/50/51", "33/33/33", "a/b/c", "9223372036854775807/1/1"]),
        Refused("dataset import x .", ["--class-names"], ["", ",", "a", "a,a", "a,,b", "a,b,"]),
        Refused("dataset import x .", ["--format"], ["", "IDX", "csv"]),
        Refused("models", ["--format", "--sort"], ["", "CSV", "xml", "name"]),
        Refused("errors mlp --format csv", ["--table"], ["", "Samples", "nothing"]),
        Refused("curve mlp", ["--output"], ["", "curve", "curve.pdf", "curve.svg.gz"]),
        Refused("report", ["--output"], ["", "report", "report.pdf"]),
    ]

    /// Words in the place of a version, a data set, a split, a run, a file.
    private static let misplaced: [(command: String, words: [String])] = [
        (
            "show WORD",
            [
                "", "@", "@1", "mlp@", "mlp@0", "mlp@-1", "mlp@+1", "mlp@1.5", "mlp@1@2", "mlp@ 1",
                "mlp@9223372036854775808",
            ]
                + ["run:", "run:0", "run:-1", "run:+1", "run:1x", "run:9223372036854775808", "run:１"]
        ),
        ("errors WORD", ["run:1", "", "@production", "mlp@"]), ("compare mlp WORD", ["mlp@0", "run:2", ""]),
        ("alias WORD production", ["mlp@0", "run:1", ""]),
        ("export mlp WORD", ["", "weights", "weights.pt", ".onnx/x"]),
        ("cancel WORD", ["", "x", "run:", "run:x", "1.5", "9223372036854775808"]),
        ("requeue WORD", ["", "x", "run:", "run:x", "1.5", "9223372036854775808"]),
        ("dataset drift WORD", ["", ":", ":test", "mnist:test", "mnist:", "a b"]),
        ("dataset drift mnist:training WORD", ["mnist:train", "mnist:", ":test", "mnist:test:test"]),
    ]

    private static let wrongTogether = [
        "import m --dataset d", "import m m.onnx", "import m m.onnx --predictions p.csv --dataset d",
        "import m m.pt --dataset d", "import m m.onnx --architecture mlp --dataset d",
        "import m m.safetensors --dataset d",
        "import m m.onnx --logits --dataset d", "import m --predictions p.csv --mean 0 --std 1 --dataset d",
        "predict mlp", "predict mlp 7.png --labels labels", "train --from", "train mlp --from mlp",
        "train --from mlp --init w.safetensors",
        "train", "train mlp cnn", "train mlp --nesterov", "train mlp --momentum 0.9 --optimizer adam",
        "train mlp --learning-rate-decay 0.9 --schedule cosine", "train mlp --schedule step",
        "train mlp --step-epochs 2",
        "train mlp --minimum-learning-rate 0.001", "train mlp --wait", "train mlp --detach --threads 2",
        "train mlp --epochs 2 --warmup-epochs 2", "train mlp --epochs", "train mlp --epochs --quiet",
        "train mlp --no-such-flag", "train mlp -e 3", "train mlp --epoch 3", "compare mlp", "compare",
        "compare mlp cnn --quiet --format json", "models --table samples", "errors mlp --table samples",
        "errors mlp --format json --table samples", "curve", "architecture show", "dataset frobnicate",
        "daemon --workers 256 --threads-per-worker 5", "evaluate mlp", "alias mlp@1 production --remove", "alias mlp",
        "schedule add x", "dataset drift a b c", "dataset import x . --class-names a,b --classes names.txt",
        "dataset import x . --seed 1", "models extra", "frobnicate",
    ]

    /// What the parser says; `nil` when it takes the words.
    private func refusal(_ words: [String]) -> String? {
        do {
            _ = try Registry.parseAsRoot(words)
            return nil
        } catch {
            #expect(Registry.exitCode(for: error).rawValue == 64, "\(words)")
            return Registry.message(for: error)
        }
    }

    @Test("a value that a flag does not take is refused with the flag's name", arguments: training + others)
    func refused(_ refused: Refused) {
        for flag in refused.flags {
            for value in refused.values {
                let isName = flag == "--name"
                for words in [[flag, value], ["\(flag)=\(value)"]] where !(words.count == 1 && value == "") {
                    let message = refusal(refused.command + words)
                    #expect(
                        message?.contains(isName ? "name" : flag) == true || message?.contains("must end in") == true,
                        "\(words): \(message ?? "taken")")
                }
            }
        }
    }

    @Test("words that are no version, data set, split, run or file are refused", arguments: misplaced)
    func references(command: String, words: [String]) {
        for word in words {
            let line = command.split(separator: " ").map { $0 == "WORD" ? word : String($0) }
            #expect(refusal(line)?.isEmpty == false, "\(line)")
        }
    }

    @Test("flags that contradict each other, or would change nothing, are refused", arguments: wrongTogether)
    func together(line: String) {
        #expect(refusal(line.split(separator: " ").map(String.init))?.isEmpty == false)
    }

    /// bash is on every machine that runs the tests; the other shells have their scripts from the same parser.
    @Test("the shells' completion scripts name every command, and bash can read its own")
    func completion() throws {
        let commands = Registry.configuration.subcommands.map {
            $0.configuration.commandName ?? ""
        }
        #expect(commands.count > 20)
        for shell in CompletionShell.allCases {
            let script = Registry.completionScript(for: shell)
            let missing = commands.filter { !script.contains($0) }
            #expect(missing.isEmpty, "\(shell)")
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "registry-test-\(UUID()).bash")
        defer { try? FileManager.default.removeItem(at: file) }
        try Registry.completionScript(for: .bash).write(to: file, atomically: true, encoding: .utf8)
        let bash = try Process.run(URL(filePath: "/bin/bash"), arguments: ["-n", file.path])
        bash.waitUntilExit()
        #expect(bash.terminationStatus == 0)
    }

    @Test("the ends of every range are taken")
    func taken() {
        for line in [
            "train mlp --epochs 1", "train mlp --epochs 1000000 --warmup-epochs 999999", "train mlp --batch-size 65536",
            "train mlp --learning-rate 1e-300", "train mlp --learning-rate 1e300 --schedule cosine",
            "train mlp --schedule cosine --minimum-learning-rate 0.01", "train mlp --momentum 0",
            "train mlp --momentum 0.999999", "train mlp --weight-decay 0", "train mlp --label-smoothing 0.999",
            "train mlp --augment-shift 1000", "train mlp --augment-rotation 180",
            "train mlp --seed 9223372036854775807",
            "train mlp --threads 1024", "retrain --level 0 --margin 0",
            "retrain --margin 1 --guard label=4 --guard category=cut=off",
            "retrain --level 1 --minimum-accuracy 1",
            "daemon --workers 256 --threads-per-worker 4", "daemon --metrics-port 0", "daemon --metrics-port 65535",
            "models --limit 0", "robustness mlp --only shift-right --only blur",
            "errors mlp --limit 9223372036854775807", "architecture show mlp --classes 32767",
            "architecture show mlp --width 65536", "db migrate --wait 86400", "hardest --since 0000-01-01",
            "hardest --until 9999-12-31T23:59:59Z", "errors mlp --class -a", "hardest --class --b",
            "show mlp@9223372036854775807", "show run:9223372036854775807",
            "dataset import x . --size 1024x1", "dataset import x . --split 1/99 --seed 0",
        ] {
            #expect(refusal(line.split(separator: " ").map(String.init)) == nil, "\(line)")
        }
    }
}
