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
///
/// The rooms below state what is wrong; how the process ends, and what to type, is said in this folder.
protocol Failure: Advised, CustomStringConvertible {
    var exitStatus: ExitStatus { get }
}
