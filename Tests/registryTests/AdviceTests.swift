import Datasets
import Judgement
import NeuralNetwork
import PostgreSQL
import Store
import Testing
import Trainer

@testable import registry

@Suite("Advice of errors")
struct AdviceTests {
    private static let errors: [any Failure] = [
        NotFound.dataset("letters"), NotFound.dataset("letters@2"), NotFound.model("mlp", known: []),
        NotFound.modelVersion(ModelReference(model: "mlp"), newest: nil), RunStateError.unknown(run: 7),
        DatasetError.unknown("letters"), DatasetError.notFetched("mnist", attempts: []),
        NoSuchClass("4", dataset: "mnist"), LeaseLost(run: 7), EmbeddedServerError.noAnswer(process: 7),
        Interrupted(run: 7, epochsFinished: 2, isReleased: false), SchemaError.databaseDiffers,
        SchemaError.databaseIsOlder(version: 1, needed: 2), SchemaError.mayNotRead, SchemaError.isReadOnly,
        SchemaError.inTheWay("view public.mine"), SchemaError.locked([]),
    ]

    @Test("what is to be typed are commands that the program has", arguments: 0..<errors.count)
    func commands(index: Int) throws {
        let advice = try #require(Self.errors[index].advice)
        let commands = advice.matches(of: /registry ([a-z][^,;.]*)/)
        #expect(!commands.isEmpty)
        for command in commands {
            // Commands end where the sentence continues.
            let words = command.1.split(separator: " ").prefix {
                !["gives", "on", "again"].contains($0)
            }
            #expect(throws: Never.self, "\(advice)") { try Registry.parseAsRoot(words.map(String.init)) }
        }
    }

    @Test("a line has what happened and what to do; without advice it is the description")
    func line() {
        #expect(RunStateError.unknown(run: 7).line == "There is no run 7. See: registry runs")
        #expect(NotFound.dataset("x@2").line == "There is no data set “x@2”. See: registry dataset list.")
        #expect(
            RunStateError.ended(run: 7, state: .cancelled).line == "Run 7 has ended as cancelled already.")
    }
}
