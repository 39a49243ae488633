/// A run was ended early, by a signal or by `registry cancel`.
package struct Interrupted: Error, Sendable, CustomStringConvertible {
    package let run: Int
    package let epochsFinished: Int
    /// Whether it waits in the queue again.
    package let isReleased: Bool

    package init(run: Int, epochsFinished: Int, isReleased: Bool) {
        self.run = run
        self.epochsFinished = epochsFinished
        self.isReleased = isReleased
    }

    package var description: String {
        "Run \(run) was \(isReleased ? "given back" : "cancelled") after \(epochsFinished) finished "
            + "\(epochsFinished == 1 ? "epoch" : "epochs")."
    }
}
