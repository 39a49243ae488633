import Reporting
import Store
import Trainer

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Tells a person how a training goes: a line an epoch, and on a terminal a bar between.
final class TrainingReport {
    private let model: String
    private let epochs: Int
    private let epochsBefore: Int
    private let samplesPerEpoch: Int
    private let parameters: Int
    private let isQuiet: Bool
    /// Whether standard output is for a program: what a person reads goes to standard error.
    private let isForProgram: Bool
    private let showsBar: Bool
    private let bar: ProgressBar
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var lastShown: ContinuousClock.Instant
    private var last: EpochRecord?
    private var failure: (any Error)?

    /// - Parameter epochsBefore: Those that were stored before this process took the run.
    init(
        model: String, run: Int, epochs: Int, epochsBefore: Int = 0, samplesPerEpoch: Int, parameters: Int,
        isQuiet: Bool, isForProgram: Bool
    ) {
        self.model = model
        self.epochs = epochs
        self.epochsBefore = epochsBefore
        self.samplesPerEpoch = samplesPerEpoch
        self.parameters = parameters
        self.isQuiet = isQuiet
        self.isForProgram = isForProgram
        showsBar = !isQuiet && Terminal.isErrorTerminal
        bar = ProgressBar(total: epochs * samplesPerEpoch, samplesPerEpoch: samplesPerEpoch)
        start = clock.now
        lastShown = start
        if !isQuiet { Terminal.tell("Run \(run): \(model), \(Quantity.count(parameters)) parameters") }
    }

    /// Epochs that are stored.
    var epochsFinished: Int { last?.epoch ?? epochsBefore }

    func tell(_ event: RunEvent) {
        switch event {
        case .step(let epoch, let samplesSeen):
            let now = clock.now
            guard showsBar, now - lastShown > .milliseconds(100) else { return }
            lastShown = now
            Terminal.showProgress(
                bar.line(
                    done: (epoch - 1) * samplesPerEpoch + samplesSeen, seconds: (now - start) / .seconds(1),
                    columns: Terminal.columns(of: STDERR_FILENO)))
        case .epoch(let record):
            last = record
            guard !isQuiet else { return }
            if showsBar { Terminal.showProgress("") }
            let width = String(epochs).count
            let number = String(repeating: " ", count: width - String(record.epoch).count) + "\(record.epoch)"
            let validation = record.validation.map {
                "validation loss \(Quantity.decimal($0.loss, places: 4))  validation accuracy "
                    + "\(Quantity.decimal(Double($0.correct) / Double($0.samples), places: 4))  "
            }
            write(
                "epoch \(number)/\(epochs)  training loss \(Quantity.decimal(record.trainingLoss, places: 4))  \(validation ?? "")"
                    + "test loss \(Quantity.decimal(record.testLoss, places: 4))  "
                    + "test accuracy \(accuracy(record))  \(Quantity.duration(seconds: record.trainingSeconds))")
        }
    }

    /// A line of the output. Where it takes none, the training is finished all the same.
    private func write(_ line: String) {
        guard !isForProgram else { return Terminal.tell(line) }
        do {
            try Terminal.write("\(line)\n")
        } catch {
            failure = failure ?? error
        }
    }

    /// The result.
    ///
    /// - Throws: What kept a line from being written.
    func tellEnd(_ version: ModelReference) throws {
        guard !isQuiet, let last else {
            if !isForProgram { try Terminal.write("\(version)\n") }
            return
        }
        let seconds = (clock.now - start) / .seconds(1)
        write(
            "\(version)  test accuracy \(accuracy(last))  test loss \(Quantity.decimal(last.testLoss, places: 5)) nats  "
                + "\(Quantity.count(parameters)) parameters  \(Quantity.duration(seconds: seconds))")
        if let failure { throw failure }
    }

    private func accuracy(_ record: EpochRecord) -> String {
        Quantity.decimal(Double(record.testCorrect) / Double(record.testSamples), places: 4)
    }
}
