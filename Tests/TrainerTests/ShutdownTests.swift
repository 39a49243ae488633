import Testing
import Trainer

@Suite("The end of a daemon")
struct ShutdownTests {
    @Test("each phase leaves the one before some time, and all end within the ten seconds that are promised")
    func phases() {
        let phases: [Shutdown.Phase] = [
            .finishingEpochs, .interruptingEpochs, .abandoningRuns, .killingCommands, .exiting,
        ]
        let starts = phases.map(\.start)
        #expect(zip(starts, starts.dropFirst()).allSatisfy { $1 - $0 >= .seconds(1) })
        #expect(starts[4] < .seconds(10))
    }

    @Test("nothing begins before it is requested; then epochs are finished first")
    func request() {
        let shutdown = Shutdown()
        #expect(!shutdown.isRequested && !shutdown.hasReached(.exiting))
        shutdown.request()
        #expect(shutdown.isRequested && !shutdown.hasReached(.interruptingEpochs))
    }
}
