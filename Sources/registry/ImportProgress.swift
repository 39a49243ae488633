import Reporting

/// A line that tells how far an import is, for a person who looks at a terminal.
final class ImportProgress {
    private let isShown: Bool
    private let clock = ContinuousClock()
    private var step = ""
    private var start: ContinuousClock.Instant
    private var last: ContinuousClock.Instant?

    init(isShown: Bool) {
        self.isShown = isShown && Terminal.isErrorTerminal
        start = clock.now
    }

    func show(_ step: String, done: Int, of total: Int) {
        guard isShown else { return }
        let now = clock.now
        if step != self.step { (self.step, start, last) = (step, now, nil) }
        guard last.map({ now - $0 > .milliseconds(100) }) ?? true else { return }
        last = now
        Terminal.showProgress(
            ProgressBar(total: total, title: step).line(
                done: done, seconds: (now - start) / .seconds(1), columns: Terminal.columns(of: 2)))
    }

    /// Removes the line.
    func clear() {
        guard last != nil else { return }
        last = nil
        Terminal.showProgress("")
    }
}
