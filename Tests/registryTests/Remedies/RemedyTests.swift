import Foundation
import Testing

/// What a message advises is typed, and helps.
@Suite("Remedies")
struct RemedyTests {
    private static let all =
        usageRemedies + datasetRemedies + trainingRemedies + unattendedRemedies + databaseRemedies + homeRemedies

    @Test(
        "what a message says to type is typed, does what the message says, and then the first command works",
        arguments: all)
    func typed(remedy: Remedy) async throws { try await remedy.tryOut() }

    @Test("every message of the sources that says what to type is tried out, or stands with the reason why not")
    func complete() throws {
        let advising = Set(SourceMessage.all.filter(\.advises))
        #expect(advising.count > 100)
        let tried = Set(Self.all.flatMap { SourceMessage.named($0.message, in: $0.file) })
        for message in advising.subtracting(tried).sorted(by: { $0.description < $1.description }) {
            let isExcused = notTyped.contains { $0.file == message.file && message.text.contains($0.message) }
            #expect(isExcused, "\(message)")
        }
        for (file, message, _) in notTyped {
            let meant = SourceMessage.named(message, in: file)
            #expect(meant.count == 1 && tried.isDisjoint(with: meant), "\(file): \(message)")
        }
    }
}

/// Messages whose advice a test cannot type, and why.
let notTyped: [(file: String, message: String, reason: String)] =
    [
        ("registry/Failures/FirstTraining", "registry train ………", "is a part of messages, which are tried out"),
        ("registry/Failures/FirstTraining", " --name …", "is a part of messages, which are tried out"),
        ("registry/Failures/FirstTraining", " --dataset …", "is a part of messages, which are tried out"),
        (
            "registry/Commands/Reading/CurveCommand", "Nothing is there to be drawn",
            "needs a run without a finite loss"
        ),
        (
            "registry/Commands/Reading/ListingCommands", "it was imported. See",
            "needs a file of predictions, as ImportCommandTests writes"
        ),
        (
            "registry/Commands/Training/DatasetCheckCommand", "See: registry dataset check",
            "needs a data set with faults, as DatasetCheckTests makes"
        ),
        (
            "registry/Training/ExpectedAccuracy", "--expect-accuracy needs",
            "needs a file of predictions, as ImportCommandTests writes"
        ),
        (
            "registry/Commands/Training/ImportCommand", "--split must be test",
            "needs a file of predictions, as ImportCommandTests writes"
        ),
        ("registry/Failures/DatabaseFailures", "Try again later.", "needs a lock that another session gives up"),
        (
            "registry/Failures/DatasetFailures", "say so with --logits",
            "needs a file of predictions, as ImportCommandTests writes"
        ),
        ("Datasets/DatasetError", "Name another folder for temporary files", "needs a full disk"),
        ("Datasets/Fetching", "apt-get install", "needs a package of the system"),
        ("PostgreSQL/Embedded/EmbeddedServerError", "there is no system user", "needs a package of the system"),
        (
            "PostgreSQL/Embedded/EmbeddedServerError", "Use that home, or start",
            "needs a home that root alone can reach"
        ),
        ("PostgreSQL/Embedded/EmbeddedServerError", "has been held by", "is said after a minute of waiting"),
        ("PostgreSQL/Embedded/EmbeddedServerError", "has not stopped within", "is said after a minute of waiting"),
        ("registry/Failures/DatabaseFailures", "Install one with: apt-get", "needs a package of the system"),
        (
            "registry/Failures/DatabaseFailures", "or stop it with: registry db stop",
            "is said after a minute of waiting"
        ),
        ("registry/PNGDrawing", "is not installed. Install it with: apt-get", "needs a package of the system"),
        (
            "registry/Commands/Unattended/ScheduleCommand", "by a registry daemon",
            "says what follows, and nothing to do"
        ),
    ]
    + (geteuid() == 0
        ? []
        : [
            ("registry/Failures/DaemonFailures", "or --threads-per-worker.", "needs a user who has no other process"),
            ("Trainer/Threads", "Raise the limit", "needs a user who has no other process"),
        ])
