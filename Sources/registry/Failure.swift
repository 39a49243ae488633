import Datasets
import Judgement
import NeuralNetwork
import PostgreSQL
import Reporting
import Store
import SystemPackage
import Trainer

/// Exit statuses of the program: its own, and those of `sysexits.h`.
enum ExitStatus: Int32 {
    case heldBack = 10
    case usage = 64
    case badInput = 65
    case notFound = 66
    case databaseUnreachable = 69
    case internalError = 70
    case cannotWrite = 74
    case tryAgain = 75
    case noPermission = 77
    case interrupted = 130
}

/// An error that knows how the process must end. Description and advice are the one line that a person reads.
protocol Failure: Error, CustomStringConvertible {
    var exitStatus: ExitStatus { get }
    /// What to do about it, where the description does not say so: commands to type.
    var advice: String? { get }
}

extension Failure {
    var advice: String? { nil }
}

extension Error {
    /// What a person reads.
    var line: String {
        guard let failure = self as? any Failure else { return "\(self)" }
        return [failure.description, failure.advice].compactMap(\.self).joined(separator: " ")
    }
}

/// What was typed can't be meant.
enum UsageError: Failure {
    case noHome
    case relativeHome(String)
    case unusableHome
    case badName(String)
    case nothingToReport
    case nothingInProduction
    case noSuchSchedule(String)
    case noSuchClass(String, dataset: String)
    case unwritable(String, reason: String)
    case unreadable(String, reason: String)
    case unknownArchitecture(String)
    case embeddedOnly(String)
    case badInstructionSet(String, available: [String])
    case programMissing(String, package: String)
    case tooManyCurves(Int, most: Int)
    case tooManyVersions(Int, most: Int)

    var exitStatus: ExitStatus {
        switch self {
        case .unknownArchitecture, .unreadable, .nothingToReport, .nothingInProduction, .noSuchSchedule, .noSuchClass:
            .notFound
        default: .usage
        }
    }

    var description: String {
        switch self {
        case .noHome:
            "Neither REGISTRY_HOME nor HOME is set, so there is no place for the embedded database. "
                + "Set one of them, or name a server with --database."
        case .relativeHome(let path):
            "“\(path)” is a relative path. REGISTRY_HOME, XDG_DATA_HOME and HOME must be absolute."
        case .unusableHome:
            "The path of the home is longer than 900 bytes, or has control characters or bytes that are not UTF-8, which "
                + "PostgreSQL does not take. Name another folder with REGISTRY_HOME."
        case .badName(let fault): fault
        case .nothingToReport: "No model has been trained yet. Start with: registry train mlp"
        case .nothingInProduction:
            "No model version is in production. Put one there with: registry alias mlp production"
        case .noSuchSchedule(let name): "There is no schedule “\(name)”. See: registry schedule list"
        case .noSuchClass(let name, let dataset):
            "The data set “\(dataset)” has no class “\(name)”. See: registry dataset show \(dataset)"
        case .unwritable(let path, let reason):
            "\(path): cannot be written (\(reason)). Nothing was left there."
        case .unreadable(let path, let reason):
            "\(path): cannot be read (\(reason))."
        case .unknownArchitecture(let name):
            "“\(name)” is neither a built-in network (\(Architecture.builtInNames.joined(separator: ", "))) "
                + "nor a file with an architecture in JSON."
        case .embeddedOnly(let command):
            "“registry db \(command)” is for the embedded server, and another database is named here "
                + "(by --database or the environment)."
        case .badInstructionSet(let name, let available):
            "REGISTRY_CPU is “\(name)”; this processor can run \(available.joined(separator: ", "))."
        case .programMissing(let program, let package):
            "The program \(program) is not installed. Install it with: apt-get install \(package)"
        case .tooManyVersions(let count, let most):
            "\(count) versions are too many to compare each with each: name at most \(most). For more, ask in SQL: "
                + "analysis.compare"
        case .tooManyCurves(let count, let most):
            "\(count) versions are more than a picture tells apart: name at most \(most), or ask for --format csv."
        }
    }
}

extension Interrupted: Failure {
    var exitStatus: ExitStatus { .interrupted }
    var advice: String? {
        isReleased
            ? "The next retraining, or a daemon, will resume it."
            : "To have a daemon resume it: registry requeue \(run)"
    }
}

extension DifferentTests: Failure {
    var exitStatus: ExitStatus { .badInput }
}

extension NothingTested: Failure {
    var exitStatus: ExitStatus { .notFound }
}

extension NotFound: Failure {
    var exitStatus: ExitStatus { .notFound }
}

extension SchemaError: Failure {
    var exitStatus: ExitStatus {
        switch self {
        case .mayNotMigrate, .mayNotRead: .noPermission
        case .locked: .tryAgain
        default: .databaseUnreachable
        }
    }
}

extension LeaseOverdue: Failure {
    var exitStatus: ExitStatus { .tryAgain }
}

extension FewDescriptors: Failure {
    var exitStatus: ExitStatus { .tryAgain }
}

extension NoThread: Failure {
    var exitStatus: ExitStatus { .tryAgain }
}

extension LeaseLost: Failure {
    var exitStatus: ExitStatus { .tryAgain }
}

extension RunStateError: Failure {
    var exitStatus: ExitStatus {
        switch self {
        case .unknown: .notFound
        case .ended, .notResumable: .badInput
        }
    }
}

extension CannotListen: Failure {
    var exitStatus: ExitStatus { .usage }
}

extension CronError: Failure {
    var exitStatus: ExitStatus { .usage }
}

extension UnreadableConfiguration: Failure {
    var exitStatus: ExitStatus { .badInput }
}

extension Diverged: Failure {
    var exitStatus: ExitStatus { .badInput }
}

extension Misfit: Failure {
    var exitStatus: ExitStatus { .badInput }
}

extension PostgreSQLError: Failure {
    var exitStatus: ExitStatus {
        switch self {
        case .cannotConnect, .connectionLost, .commitOutcomeUnknown, .timedOut: .databaseUnreachable
        case .unreadableConnectionString: .usage
        case .server(let error) where isConnectionLoss || error.isRefusal: .databaseUnreachable
        case .server(let error) where error.sqlState == .insufficientPrivilege: .noPermission
        case .server(let error) where isTransient || error.sqlState == .queryCanceled: .tryAgain
        case .server(let error) where error.isDataException: .badInput
        case .server: .internalError
        case .transactionAborted, .encoding: .internalError
        // A row that lacks what every such row has, or a number that is outside of its range.
        case .decoding: .badInput
        }
    }
}

extension ServerError {
    /// Whether the server refused this user or this database, rather than failing at what was asked.
    fileprivate var isRefusal: Bool { ["28", "3D", "53", "25006"].contains { sqlState.code.hasPrefix($0) } }
}

extension ServerError {
    /// Whether it met numbers that cannot be computed with, as where stored rows contradict each other.
    fileprivate var isDataException: Bool { sqlState.code.hasPrefix("22") }
}

extension EmbeddedServerError: Failure {
    var exitStatus: ExitStatus {
        switch self {
        case .locked: .tryAgain
        case .foreignFolder, .writableByOthers: .noPermission
        default: .databaseUnreachable
        }
    }
}

extension DatasetError: Failure {
    var exitStatus: ExitStatus {
        switch self {
        case .unknown, .notFetched: .notFound
        default: .badInput
        }
    }
}

extension ArchitectureError: Failure {
    var exitStatus: ExitStatus { .badInput }
}

extension WeightsError: Failure {
    var exitStatus: ExitStatus { .badInput }
}

extension SafetensorsError: Failure {
    var exitStatus: ExitStatus { .badInput }
}

extension ONNXError: Failure {
    var exitStatus: ExitStatus { .usage }
}

extension ImagesError: Failure {
    var exitStatus: ExitStatus { .badInput }
}

extension InconsistentContents: Failure {
    var exitStatus: ExitStatus { .badInput }
}

extension InconsistentDataset: Failure {
    var exitStatus: ExitStatus { .badInput }
}

extension NoPicture: Failure {
    var exitStatus: ExitStatus { .badInput }
}

extension NotEnoughMemory: Failure {
    var exitStatus: ExitStatus { .badInput }
}

extension PerturbationError: Failure {
    var exitStatus: ExitStatus { .badInput }
}

extension TrainingError: Failure {
    var exitStatus: ExitStatus { .badInput }
}
