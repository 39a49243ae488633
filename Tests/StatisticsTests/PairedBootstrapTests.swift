import Testing

@testable import Statistics

@Suite("The paired bootstrap")
struct PairedBootstrapTests {
    @Test("quantiles are numpy's")
    func quantiles() {
        let values = [1.0, 2, 4, 8, 16]
        // numpy.quantile([1, 2, 4, 8, 16], [0, 0.025, 0.3, 0.5, 0.975, 1])
        for (share, expected) in [(0, 1), (0.025, 1.1), (0.3, 2.4), (0.5, 4), (0.975, 15.2), (1, 16)] {
            #expect(abs(quantile(share, of: values) - expected) < 1e-12)
        }
        #expect(quantile(0.4, of: [7]) == 7)
    }

    @Test("SplitMix64 gives the numbers of its reference implementation")
    func generator() {
        var random = SplitMix64(state: 1_234_567)
        #expect(random.next() == 6_457_827_717_110_365_317)
        #expect(random.next() == 3_203_168_211_198_807_973)
    }

    @Test("for many samples the interval is the normal one")
    func interval() throws {
        var random = SplitMix64(state: 5)
        let a = (0..<4000).map { _ in Float(random.nextTwo(below: 1000).0) }
        let b = a.map { $0 + Float(random.nextTwo(below: 1000).0) - 300 }
        let bootstrap = try #require(PairedBootstrap(a, b, resamples: 4000))
        let differences = zip(a, b).map { Double($1 - $0) }
        let mean = differences.reduce(0, +) / 4000
        let deviation = (differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4000).squareRoot()
        let error = deviation / 4000.squareRoot()
        #expect(abs(bootstrap.difference - mean) < 1e-9)
        #expect(abs(bootstrap.lower - (mean - 1.96 * error)) < 0.15 * error)
        #expect(abs(bootstrap.upper - (mean + 1.96 * error)) < 0.15 * error)
    }

    @Test("the same seed gives the same interval, and what can't be compared none")
    func edges() {
        let a = (0..<100).map { Float($0 * $0 % 37) }
        let b = (0..<100).map { Float($0 * $0 % 41) }
        #expect(PairedBootstrap(a, b, seed: 3) == PairedBootstrap(a, b, seed: 3))
        #expect(PairedBootstrap(a, b, seed: 3) != PairedBootstrap(a, b, seed: 4))
        #expect(PairedBootstrap([], []) == nil)
        #expect(PairedBootstrap([1], [1, 2]) == nil)
        #expect(PairedBootstrap([1, .infinity], [1, 2]) == nil)
    }
}
