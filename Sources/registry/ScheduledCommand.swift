import ArgumentParser
import Datasets
import NeuralNetwork
import Store
import Trainer

/// A command that a schedule may execute.
///
/// What a schedule holds is data that a daemon reads from the database: it may choose among these commands, and name
/// models and data sets. Files, addresses and other programs are not among its words.
protocol SchedulableCommand: ParsableCommand {
    /// - Throws: `ScheduleRefusal` when an option has no place in a schedule.
    func checkMayBeScheduled() throws

    /// - Throws: `NotFound` for a model or data set that is not there, and whatever else ends the command in any case.
    func checkCanWork(in store: Store) throws
}

/// Checks the words of a schedule, both when it is made and whenever it is due.
///
/// - Throws: `ScheduleRefusal`.
@discardableResult
func checkSchedule(_ words: [String]) throws -> any SchedulableCommand {
    let command: (any ParsableCommand)?
    do {
        command = try Registry.parseAsRoot(words)
    } catch {
        throw ScheduleRefusal(words, Registry.message(for: error))
    }
    guard let command = command as? any SchedulableCommand else {
        throw ScheduleRefusal(words, "A schedule executes retrain, train --detach or robustness")
    }
    try command.checkMayBeScheduled()
    return command
}

/// Words that are no command for a schedule.
struct ScheduleRefusal: Failure {
    let description: String

    init(_ words: [String], _ reason: String) {
        let command = words.prefix(20).joined(separator: " ").prefix(120)
        description = "“registry \(command)” is no command for a schedule: \(reason)."
    }

    init(_ description: String) {
        self.description = description
    }

    /// An option that is not for schedules.
    static func option(_ name: String) -> ScheduleRefusal {
        ScheduleRefusal("\(name) has no place in a schedule, which names no files and no addresses.")
    }

    var exitStatus: ExitStatus { .usage }
}

extension DatabaseOptions {
    func checkMayBeScheduled() throws {
        if database != nil { throw ScheduleRefusal.option("--database") }
    }
}

extension RetrainCommand: SchedulableCommand {
    func checkMayBeScheduled() throws {
        guard mustPass == nil else { throw ScheduleRefusal.option("--must-pass") }
        try database.checkMayBeScheduled()
    }

    /// A model whose first training is still queued may be scheduled.
    func checkCanWork(in store: Store) throws {
        for model in models {
            try store.checkIsKnown(model: model)
            if try store.hasVersions(of: model) { _ = try Retrainer.predecessor(of: model, in: store).weights() }
        }
    }
}

extension TrainCommand: SchedulableCommand {
    func checkMayBeScheduled() throws {
        try database.checkMayBeScheduled()
        guard initialWeights == nil else { throw ScheduleRefusal.option("--init") }
        guard architecture.map(Architecture.builtInNames.contains) ?? true else {
            throw ScheduleRefusal(
                "A schedule trains a built-in network (\(Architecture.builtInNames.joined(separator: ", "))), "
                    + "and no file.")
        }
        guard detach, !wait else {
            throw ScheduleRefusal("A schedule only queues a training: say train --detach, without --wait.")
        }
    }

    /// A known data set that is not there yet is fetched when the time has come.
    func checkCanWork(in store: Store) throws {
        do {
            let start = try from.map { try TrainingStart(store.resolve($0), in: store) }
            let dataset = try store.dataset(named: dataset ?? start?.dataset.name ?? "mnist")
            _ = try configuration(from: start, on: dataset)
        } catch NotFound.dataset(let name) where KnownDataset.named(name) != nil {}
    }
}

extension RobustnessCommand: SchedulableCommand {
    func checkMayBeScheduled() throws { try database.checkMayBeScheduled() }
    func checkCanWork(in store: Store) throws { _ = try store.resolve(model).weights() }
}
