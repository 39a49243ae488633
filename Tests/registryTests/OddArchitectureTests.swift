import Foundation
import Testing

/// Networks that are too large for the memory, or as odd as layers allow.
@Suite("Odd networks, with 8 GiB of addresses")
struct OddArchitectureTests {
    /// The inputs of the small data set.
    private static func described(_ layers: String, side: Int = 8, channels: Int = 1) -> String {
        let resize = side == 8 && channels == 1 ? "" : #", "resize": true"#
        let input = #"{"channels": \#(channels), "height": \#(side), "width": \#(side)}"#
        return #"{"name": "odd", "input": \#(input)\#(resize), "layers": [\#(layers)]}"#
    }

    private static let flatten = #"{"type": "flatten"}, "#
    private static let end = #"{"type": "flatten"}, {"type": "dense", "outputs": 10}"#

    private static func dense(_ widths: Int...) -> String {
        flatten + widths.map { #"{"type": "dense", "outputs": \#($0)}"# }.joined(separator: ", ")
    }

    private static func repeated(_ layer: String, _ count: Int) -> String {
        String(repeating: #"{"type": \#(layer)}, "#, count: count)
    }

    private static func convolution(_ outputs: Int, _ kernel: Int, stride: Int = 1, padding: Int = 0) -> String {
        #"{"type": "conv2d", "outputs": \#(outputs), "kernel": \#(kernel), "stride": \#(stride), "padding": \#(padding)}, "#
    }

    /// More than 8 GiB: of weights, of activations, of moments.
    private static let tooLarge = [
        described(dense(65_536, 65_536, 10)), described(dense(65_536, 32_768, 32_768, 10)),
        described(dense(40_000, 40_000, 10)), described(dense(65_536, 10), side: 1024),
        described(convolution(65_536, 8) + end + "", side: 128),
        described(convolution(4096, 3, padding: 1) + end, side: 512),
        described(repeated(#""tanh""#, 1) + convolution(512, 1) + repeated(#""relu""#, 1) + end, side: 1024),
        described(convolution(65_536, 1) + convolution(65_536, 1) + end),
        described(convolution(1, 33, padding: 32) + convolution(2048, 1) + end, side: 900),
        described(repeated(#""batch_norm""#, 8) + end, side: 4096), described(end, side: 20_000),
        described(end, side: 256, channels: 16_384),
        described(repeated(#""dropout", "rate": 0.5"#, 40) + end, side: 1024),
    ]

    private static let trained = [
        described(dense(10)), described(dense(2, 10)), described(dense(32_768, 10)),
        described(dense(4096, 1, 4096, 10)),
        described(flatten + repeated(#""relu""#, 2000) + #"{"type": "dense", "outputs": 10}"#),
        described(repeated(#""sigmoid""#, 300) + end), described(repeated(#""dropout", "rate": 0"#, 50) + end),
        described(repeated(#""dropout", "rate": 0.999999"#, 1) + end), described(repeated(#""batch_norm""#, 60) + end),
        described(convolution(1, 8) + end), described(convolution(300, 8, stride: 65_536, padding: 7) + end),
        described(convolution(1, 1, stride: 8) + end), described(convolution(3, 65, padding: 64) + end),
        described(repeated(#""max_pool2d", "size": 8, "stride": 1"#, 1) + end),
        described(repeated(#""avg_pool2d", "size": 1, "stride": 1"#, 30) + end),
        described(repeated(#""local_response_norm", "size": 65536"#, 2) + end),
        described(repeated(#""leaky_relu", "slope": 0"#, 3) + end), described(end, side: 1),
        described(end, side: 64, channels: 3),
        described(flatten + repeated(#""flatten""#, 500) + #"{"type": "dense", "outputs": 10}"#),
    ]

    @Test("are shown; refused in one line before a run is made, or trained", .timeLimit(.minutes(5)))
    func trainedOrRefused() async throws {
        let program = try await Program.withSmallDataset()
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: file) }
        for (index, text) in (Self.tooLarge + Self.trained).enumerated() {
            try Data(text.utf8).write(to: file)
            try await program.succeed("architecture", "show", file.path)
            let result = try await program.start(
                "/bin/sh",
                arguments: [
                    "-c", "ulimit -v 8388608; exec \"$0\" \"$@\"", Program.executable.path, "train", file.path,
                    "--dataset", "small", "--epochs", "1", "--learning-rate", "0.000001", "--quiet",
                ]
            ).end()
            let isTooLarge = index < Self.tooLarge.count
            #expect(result.status == (isTooLarge ? 65 : 0), "\(result.status) \(result.errors): \(text.prefix(300))")
            guard isTooLarge else { continue }
            #expect(result.errorLines.count == 1 && result.errors.contains("needs about"), "\(result.errors)")
        }
        let states = try program.connect().query("select state from registry.run").map { try $0["state"] as String }
        #expect(states == Self.trained.map { _ in "succeeded" })
    }
}
