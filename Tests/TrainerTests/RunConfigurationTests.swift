import NeuralNetwork
import Samples
import Testing
import Trainer

@Suite("Configurations of runs")
struct RunConfigurationTests {
    private static func configuration() throws -> RunConfiguration {
        let architecture = try #require(
            try Architecture.builtIn("cnn", input: ImageShape(channels: 1, height: 28, width: 28), classes: 10))
        var training = TrainingConfiguration()
        training.seed = UInt64(Int64.max)
        training.learningRate = 0.1
        training.standardization = Standardization(mean: 0.1307, standardDeviation: 0.3081)
        return RunConfiguration(architecture: architecture, training: training, initialWeights: "0a")
    }

    @Test("what was written is read again, the largest seed and numbers that binary fractions miss among it")
    func again() throws {
        let configuration = try Self.configuration()
        #expect(try RunConfiguration(json: configuration.json()) == configuration)
    }

    @Test(
        "a setting out of its range is refused by name, whoever wrote it",
        arguments: [
            ("\"epochs\":10", "\"epochs\":-5", "epochs"), ("\"batch_size\":64", "\"batch_size\":0", "batch size"),
            ("\"learning_rate\":0.1", "\"learning_rate\":-1", "learning rate"),
            ("\"momentum\":0", "\"momentum\":1", "momentum"),
        ])
    func ranges(setting: String, wrong: String, name: String) throws {
        let json = try Self.configuration().json()
        try #require(json.contains(setting), "\(json)")
        let error = #expect(throws: TrainingError.self) {
            try RunConfiguration(json: json.replacing(setting, with: wrong))
        }
        #expect("\(try #require(error))".hasPrefix("The training's \(name) is"))
    }

    @Test("a configuration that is none says which part can't be read")
    func unreadable() throws {
        let json = try Self.configuration().json().replacing("\"epochs\":10", with: "\"epochs\":\"ten\"")
        let error = #expect(throws: UnreadableConfiguration.self) { try RunConfiguration(json: json) }
        #expect("\(try #require(error))".contains("training.epochs"))
    }
}
