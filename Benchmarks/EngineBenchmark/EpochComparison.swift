import NeuralNetwork
import Reporting

/// Seconds of training epochs and tests, ours and others'.
struct EpochComparison {
    private struct Opponent {
        let peer: Peer
        let version: String
        let model: String
        var seconds: [Double] = []
    }

    private let models: [String]
    private let data: BenchmarkData
    private let engine: Engine
    private var epochs: [String: [Double]] = [:]
    private var tests: [String: [Double]] = [:]
    private var opponents: [Opponent] = []

    init(models: [String], data: BenchmarkData, engine: Engine) async {
        self.models = models
        self.data = data
        self.engine = engine
        for (peer, model) in [(Peer.torch, "mlp"), (.jax, "mlp"), (.torch, "cnn")] {
            guard let version = await peer.version() else { continue }
            opponents.append(Opponent(peer: peer, version: version, model: model))
        }
    }

    mutating func measureRound() async throws {
        for model in models {
            let loop = try data.loop(model, engine)
            for epoch in 1...3 {
                if let report = loop.trainEpoch(epoch) { epochs[model, default: []].append(report.seconds) }
                tests[model, default: []].append(try loop.evaluate(data.test).seconds)
            }
        }
        for index in opponents.indices {
            let opponent = opponents[index]
            opponents[index].seconds += await opponent.peer.epochs(of: opponent.model, count: 2, data: data.folder)
        }
    }

    func printTable(_ peak: Peak) throws {
        print("| | best | median | of peak | ours is faster by |\n|---|---|---|---|---|")
        for model in models {
            guard let best = epochs[model]?.min() else { continue }
            let share = try data.operations(model) / best / peak.total
            print("| `\(model)`, training epoch |\(Self.cells(epochs[model])) \(Quantity.percent(share)) | |")
            for opponent in opponents where opponent.model == model {
                guard let theirs = opponent.seconds.min() else { continue }
                print(
                    "| the same in \(opponent.peer.name) \(opponent.version) |\(Self.cells(opponent.seconds)) "
                        + "| \(Quantity.decimal(theirs / best, places: 1)) |")
            }
        }
        for model in models { print("| `\(model)`, test of 10,000 |\(Self.cells(tests[model])) | |") }
        for peer in [Peer.torch, .jax] where !opponents.contains(where: { $0.peer.name == peer.name }) {
            print("\n\(peer.name) is not installed; PYTHON=… names an interpreter that has it.")
        }
    }

    /// The best and the median.
    private static func cells(_ seconds: [Double]?) -> String {
        let sorted = (seconds ?? []).sorted()
        guard let best = sorted.first else { return " | |" }
        return " \(Quantity.decimal(best, places: 3)) s | \(Quantity.decimal(sorted[sorted.count / 2], places: 3)) s |"
    }
}
