import Reporting
import Testing

@Suite("Tables")
struct TableTests {
    private let table = Table(
        keys: ["model", "run", "samples", "accuracy", "aliases", "note"],
        rows: [
            [
                .string("mlp"), .integer(1234), .integer(10_000), .number(0.96084),
                .array([.string("a"), .string("b")]), .null,
            ],
            [.string("cnn"), .integer(7), .integer(9), .number(.nan), .array([]), .string("say \"hi\",\nbye")],
        ],
        styles: ["run": .identifier, "accuracy": .decimals(3)], titles: ["samples": "test samples"])

    @Test("text is aligned, numbers to the right")
    func text() {
        let narrow = Table(
            keys: ["model", "run", "samples"], rows: table.rows.map { Array($0.prefix(3)) },
            styles: ["run": .identifier])
        #expect(
            narrow.text == """
                model   run  samples
                mlp    1234   10,000
                cnn       7        9

                """)
    }

    @Test("on a narrow screen texts are cut, and neither moments nor the titles of what is absent")
    func cut() {
        let long = "a text that is longer than any column of a screen of forty"
        let narrow = Table(
            keys: ["name", "registered_at", "validation_samples"],
            rows: [[.string(long), .string("2026-11-26T22:38:40Z"), .null]], styles: ["registered_at": .moment])
        let lines = "\(narrow.text(on: Screen(columns: 50)))".split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 50 })
        #expect(lines.last?.contains("…  2026-11-26 22:38:40  –") == true, "\(lines)")
        #expect(lines.contains { $0.contains("validation") })
    }

    @Test("JSON keeps order, types and NaN")
    func json() {
        #expect(
            table.json.text == #"""
                [
                  {
                    "model": "mlp",
                    "run": 1234,
                    "samples": 10000,
                    "accuracy": 0.96084,
                    "aliases": [
                      "a",
                      "b"
                    ],
                    "note": null
                  },
                  {
                    "model": "cnn",
                    "run": 7,
                    "samples": 9,
                    "accuracy": "NaN",
                    "aliases": [],
                    "note": "say \"hi\",\nbye"
                  }
                ]
                """#)
    }

    @Test("CSV follows RFC 4180")
    func csv() {
        #expect(
            table.csv == "model,run,samples,accuracy,aliases,note\r\n" + "mlp,1234,10000,0.96084,a b,\r\n"
                + "cnn,7,9,NaN,,\"say \"\"hi\"\",\nbye\"\r\n")
    }

    @Test("control characters are escaped in JSON")
    func escapes() {
        #expect(JSONValue.string("a\u{1}\t\\é").text == "\"a\\u0001\\t\\\\é\"")
    }
}

@Suite("Quantities")
struct QuantityTests {
    @Test("counts", arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "−1,234,567")])
    func count(value: Int, text: String) {
        #expect(Quantity.count(value) == text)
    }

    @Test(
        "durations",
        arguments: [
            (0.0004, "0 ms"), (0.085, "85 ms"), (0.0996, "0.10 s"), (0.933, "0.93 s"), (9.994, "9.99 s"),
            (9.996, "10.0 s"),
            (59.94, "59.9 s"), (59.96, "1 min 0 s"), (125, "2 min 5 s"), (3599.6, "1 h 0 min"), (7384, "2 h 3 min"),
        ])
    func duration(seconds: Double, text: String) {
        #expect(Quantity.duration(seconds: seconds) == text)
    }

    @Test(
        "decimals are rounded correctly; what is rounded to 0 has no sign",
        arguments: [
            (0.12775, 5, "0.12775"), (2.5, 0, "2"), (-0.06, 1, "−0.1"), (-0.0004, 3, "0.000"), (-0.0, 2, "0.00"),
            (-0.0005001, 3, "−0.001"), (-2.5e8, 1, "−2.5 · 10⁸"),
        ])
    func decimal(value: Double, places: Int, text: String) {
        #expect(Quantity.decimal(value, places: places) == text)
    }

    @Test(
        "p values, small ones as powers of ten, none as 0",
        arguments: [
            (1, "1.000"), (0.04963, "0.050"), (0.001, "0.001"), (0.00099, "9.9 · 10⁻⁴"), (4.13e-7, "4.1 · 10⁻⁷"),
            (3.4e-35, "3.4 · 10⁻³⁵"), (9.97e-12, "1.0 · 10⁻¹¹"), (2e-301, "< 10⁻³⁰⁰"), (0, "< 10⁻³⁰⁰"),
        ])
    func probability(value: Double, text: String) {
        #expect(Quantity.probability(value) == text)
        #expect(Quantity.probability(value, named: "p") == (text.hasPrefix("<") ? "p \(text)" : "p = \(text)"))
    }

    @Test("what is not finite is named")
    func nonFinite() {
        #expect(Quantity.decimal(.nan, places: 2) == "NaN")
        #expect(Quantity.decimal(-.infinity, places: 2) == "-Infinity")
    }
}

@Suite("The progress bar")
struct ProgressBarTests {
    private let bar = ProgressBar(total: 600, samplesPerEpoch: 60)

    @Test("tells epoch, share, rate and time left, and fits the line")
    func line() {
        let line = bar.line(done: 150, seconds: 3, columns: 80)
        #expect(line.hasPrefix("epoch 3/10 █"))
        #expect(line.hasSuffix("25 %  50 samples/s  9.00 s left"))
        for columns in [1, 10, 40, 60, 80, 200] {
            #expect(bar.line(done: 150, seconds: 3, columns: columns).count < max(columns, 2))
        }
    }

    @Test("begins and ends in bounds")
    func ends() {
        #expect(bar.line(done: 0, seconds: 0, columns: 80).contains("epoch 1/10 ░"))
        #expect(bar.line(done: 600, seconds: 1, columns: 80).contains("epoch 10/10 █"))
    }
}
