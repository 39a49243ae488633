/// One line that tells how far a training or an import is, for a terminal.
package struct ProgressBar: Sendable {
    let total: Int
    let samplesPerEpoch: Int
    /// Instead of the epoch.
    private let title: String?

    /// - Parameter total: Samples of all epochs.
    package init(total: Int, samplesPerEpoch: Int) {
        self.total = total
        self.samplesPerEpoch = samplesPerEpoch
        title = nil
    }

    /// Of work that has no epochs.
    package init(total: Int, title: String) {
        self.total = total
        self.title = title
        samplesPerEpoch = 0
    }

    /// `epoch 3/10 ███████░░░░░ 23 %  64,120 samples/s  7.2 s left`
    ///
    /// - Parameters:
    ///   - done: Samples learned from so far.
    ///   - seconds: Since the training began.
    ///   - columns: Characters that the line may have.
    package func line(done: Int, seconds: Double, columns: Int) -> String {
        let share = total > 0 ? Double(done) / Double(total) : 1
        let rate = seconds > 0 ? Double(done) / seconds : 0
        let epochs = samplesPerEpoch > 0 ? total / samplesPerEpoch : 0
        let epoch = samplesPerEpoch > 0 ? min(epochs, done / samplesPerEpoch + 1) : 0
        let left = rate > 0 ? Quantity.duration(seconds: Double(total - done) / rate) : "?"
        let before = (title ?? "epoch \(epoch)/\(epochs)") + " "
        let after = " \(Int(share * 100)) %  \(Quantity.count(Int(rate))) samples/s  \(left) left"
        let width = min(40, columns - before.count - after.count - 1)
        guard width > 0 else { return String((before + after).prefix(max(0, columns - 1))) }
        let filled = min(width, Int(share * Double(width)))
        return before + String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled) + after
    }
}
