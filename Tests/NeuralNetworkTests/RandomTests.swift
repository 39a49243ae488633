import KernelTypes
import NeuralNetwork
import Testing

@Suite("Random numbers")
struct RandomTests {
    @Test("Philox4x32-10 gives the numbers of its authors' known-answer file")
    func knownAnswers() {
        let ones = UInt32.max
        #expect(
            Philox.block([0, 0, 0, 0], key: [0, 0]) == [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8])
        #expect(
            Philox.block([ones, ones, ones, ones], key: [ones, ones])
                == [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD])
        #expect(
            Philox.block([0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344], key: [0xA409_3822, 0x299F_31D0])
                == [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1])
    }

    @Test("a shuffled order has every element once, and depends on seed and name alone")
    func shuffle() {
        func order(seed: UInt64, name: String) -> [Int32] {
            var order = (0..<1000).map { Int32($0) }
            var stream = RandomStream(seed: seed, name: name)
            stream.shuffle(&order)
            return order
        }
        let one = order(seed: 1, name: "shuffle 1")
        #expect(one.sorted() == (0..<1000).map { Int32($0) })
        #expect(one == order(seed: 1, name: "shuffle 1"))
        #expect(one != order(seed: 1, name: "shuffle 2"))
        #expect(one != order(seed: 2, name: "shuffle 1"))
    }

    @Test("bounded numbers are uniform: χ² of 10 classes stays below its 99.99 % quantile")
    func uniform() {
        var stream = RandomStream(seed: 7, name: "test")
        var counts = [Double](repeating: 0, count: 10)
        for _ in 0..<100_000 { counts[Int(stream.next(below: 10))] += 1 }
        let chiSquared = counts.reduce(0) { $0 + ($1 - 10_000) * ($1 - 10_000) / 10_000 }
        #expect(chiSquared < 33.72)  // 9 degrees of freedom
    }
}
