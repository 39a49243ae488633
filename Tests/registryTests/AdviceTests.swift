import Store
import Testing
import Trainer

@testable import registry

@Suite("Advice of errors")
struct AdviceTests {
    @Test("a line has what happened and what to do; without advice it is the description")
    func line() {
        #expect(RunStateError.unknown(run: 7).line == "There is no run 7. See: registry runs")
        #expect(NotFound.dataset("x@2").line == "There is no data set “x@2”. See: registry dataset list")
        #expect(
            RunStateError.ended(run: 7, state: .cancelled).line == "Run 7 has ended as cancelled already.")
    }
}
