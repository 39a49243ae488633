/// A run was ended early, by a signal or by `registry cancel`.
public struct Interrupted: Error, Sendable, CustomStringConvertible {
    public let run: Int
    public let epochsFinished: Int
    /// Whether it waits in the queue again.
    public let isReleased: Bool

    public init(run: Int, epochsFinished: Int, isReleased: Bool) {
        self.run = run
        self.epochsFinished = epochsFinished
        self.isReleased = isReleased
    }

    public var description: String {
        "Run \(run) was \(isReleased ? "given back" : "cancelled") after \(epochsFinished) finished "
            + "\(epochsFinished == 1 ? "epoch" : "epochs")."
    }
}
