import Synchronization
import Testing

@testable import NeuralNetwork

@Suite("A team of threads")
struct ThreadTeamTests {
    /// A word of the team's has room for 65,535 units.
    @Test("each unit is computed once, however many there are", arguments: [0, 1, 2, 65_535, 65_536, 200_001])
    func units(count: Int) {
        let computed = Mutex([UInt8](repeating: 0, count: count))
        let team = ThreadTeam(threadCount: 3)
        for _ in 0..<2 { team.run(count) { unit in computed.withLock { $0[unit] += 1 } } }
        #expect(computed.withLock { $0.allSatisfy { $0 == 2 } })
    }
}
