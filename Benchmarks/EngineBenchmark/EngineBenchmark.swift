import KernelTypes
import Kernels
import NeuralNetwork
import Reporting
import Trainer

/// Measures the engine and writes tables in Markdown: the peak of this processor, both networks' epochs beside those of
/// other engines, and where an epoch's time goes. All in one run, because absolute times drift on shared machines.
@main
struct EngineBenchmark {
    private static let models = ["mlp", "cnn"]
    private static let rounds = 4

    static func main() async throws {
        let kernels = KernelSet.fastest()
        let engine = Engine(kernels: kernels)
        let data = try await BenchmarkData.load()
        defer { data.remove() }
        var epochs = await EpochComparison(models: models, data: data, engine: engine)
        // Each round takes everything once, so that all see the same disturbances. The best of each counts.
        var peak = Peak.measure(kernels.level, threads: engine.threads)
        for _ in 0..<rounds {
            try await epochs.measureRound()
            peak = max(peak, Peak.measure(kernels.level, threads: engine.threads))
        }
        print("\(Machine.processor), \(engine.threads) threads, instructions \(engine.instructionSet)\n")
        print("Peak of fused multiply-adds: \(gigaflops(peak.total)) GFLOP/s\n")
        try epochs.printTable(peak)
        for model in models { try printProfile(of: model, data, kernels, peak) }
    }

    /// One epoch's time by kernel and layer: the fastest of some.
    private static func printProfile(
        of model: String, _ data: BenchmarkData, _ kernels: KernelSet, _ peak: Peak
    ) throws {
        let measured = try (0..<rounds).map { _ in
            let profile = KernelProfile()
            let report = try data.loop(model, Engine(kernels: profile.wrap(kernels))).trainEpoch(1)
            return (profile: profile, seconds: report?.seconds ?? .infinity)
        }
        guard let (profile, seconds) = measured.min(by: { $0.seconds < $1.seconds }) else { return }
        let whole = seconds * Double(peak.threads)
        print("\n| an epoch of `\(model)` | size | time | GFLOP/s a thread | of peak |\n|---|---|---|---|---|")
        for (key, sum) in profile.entries where sum.seconds > whole / 500 {
            let rate = sum.operations / sum.seconds
            let speed =
                sum.operations == 0 ? " | |" : " \(gigaflops(rate)) | \(Quantity.percent(rate / peak.perThread)) |"
            print("| \(key.kernel) | \(key.size) | \(Quantity.percent(sum.seconds / whole)) |\(speed)")
        }
        let kernelSeconds = profile.entries.reduce(0) { $0 + $1.sum.seconds }
        print("| between kernels, waiting, measuring | | \(Quantity.percent(1 - kernelSeconds / whole)) | | |")
    }

    private static func gigaflops(_ rate: Double) -> String { Quantity.decimal(rate / 1e9, places: 1) }
}
