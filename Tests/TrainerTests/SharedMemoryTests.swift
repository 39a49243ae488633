import NeuralNetwork
import Samples
import Store
import Testing

@testable import Trainer

@Suite("Memory that trainings share")
struct SharedMemoryTests {
    private static let samples = SampleCounts(
        training: 100, test: 10, shape: ImageShape(channels: 1, height: 28, width: 28))

    private static func configuration(batchSize: Int = 64) throws -> RunConfiguration {
        let architecture = try #require(
            try Architecture.builtIn("mlp", input: ImageShape(channels: 1, height: 28, width: 28), classes: 10))
        var training = TrainingConfiguration()
        training.batchSize = batchSize
        return RunConfiguration(architecture: architecture, training: training)
    }

    @Test("a training that would fit alone waits for the others; one that never fits is refused")
    func promises() throws {
        let memory = SharedMemory()
        let configuration = try Self.configuration()
        let most = Memory.available * 6 / 10
        #expect(try memory.take(most, for: configuration, on: Self.samples))
        #expect(try !memory.take(most, for: configuration, on: Self.samples), "two of 60 % are more than there is")
        memory.giveBack(most)
        #expect(try memory.take(most, for: configuration, on: Self.samples))
    }

    @Test("what is refused says how much is needed, and the largest power of two that fits as a batch")
    func refused() throws {
        let large = try Self.configuration(batchSize: 64)
        let needed = large.memory(on: Self.samples)
        let atHalf = try Self.configuration(batchSize: 32).memory(on: Self.samples)
        #expect(atHalf < needed)
        try large.checkMemory(on: Self.samples, available: needed)
        let error = #expect(throws: NotEnoughMemory.self) {
            try large.checkMemory(on: Self.samples, available: needed - 1)
        }
        #expect(error?.needed == needed)
        #expect(error?.fittingBatchSize == 32)
        let hopeless = #expect(throws: NotEnoughMemory.self) {
            try large.checkMemory(on: Self.samples, available: 1000)
        }
        #expect(hopeless?.fittingBatchSize == nil)
    }

    @Test("the machine's memory is more than nothing, and what is available is not more than there is")
    func machine() {
        #expect(Memory.total > 100_000_000)
        #expect((1...Memory.total).contains(Memory.available))
    }
}
