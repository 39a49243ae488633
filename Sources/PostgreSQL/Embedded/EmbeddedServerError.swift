#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Why the embedded server can't be made, started or stopped.
package enum EmbeddedServerError: Error, Sendable, CustomStringConvertible {
    case noServerInstalled
    case noServerUser
    case otherVersion(data: String, needed: String, found: [String])
    case foreignFolder(String)
    case writableByOthers(String)
    case notAFolder(String)
    case notAFile(String)
    case notADataDirectory(String)
    /// The server's files are no longer where the home's link says.
    case targetGone(link: String, target: String)
    /// The home has the link to the server's files of another.
    case copiedHome(link: String, home: String)
    /// Another process has held the lock for too long.
    case locked(String, holder: String)
    /// The server's process lives, but does not answer, or does not end.
    case noAnswer(process: Int32)
    /// It was told to stop, and its process is still there after a minute.
    case didNotStop(process: Int32)
    case didNotStart(log: String, reason: String)
    case programFailed(String, reason: String)
    /// The home cannot be made or opened.
    case home(String, Int32)
    case file(String, Int32)

    /// Whether it may pass by itself, so that a daemon tries again.
    package var isTransient: Bool {
        switch self {
        case .locked, .noAnswer, .didNotStop, .didNotStart, .programFailed, .file: true
        default: false
        }
    }

    package var description: String {
        switch self {
        case .noServerInstalled:
            "No PostgreSQL server is installed here."
        case .noServerUser:
            "PostgreSQL refuses to run as root, and there is no system user “postgres” to run it as. "
                + "Make one with: apt-get install postgresql"
        case .otherVersion(let data, let needed, let found):
            "\(data) was made by PostgreSQL \(needed), and only \(found.joined(separator: " and ")) "
                + "\(found.count == 1 ? "is" : "are") installed. Install it with: apt-get install postgresql-\(needed); "
                + "or start with an empty database: mv \(data.asShellWord) \("\(data).\(needed)".asShellWord)"
        case .foreignFolder(let path):
            "\(path) belongs to another user."
        case .writableByOthers(let path):
            "Other users may write to \(path). Keep them out with: chmod go-w \(path.asShellWord)"
        case .notAFolder(let path):
            "\(path) is not a folder."
        case .notAFile(let path):
            "\(path) is not a regular file with one name. Remove it with: rm -r \(path.asShellWord)"
        case .notADataDirectory(let path):
            "\(path) is not a database of PostgreSQL: its file PG_VERSION is missing or broken. Restore it from a backup, "
                + "or start with an empty database: mv \(path.asShellWord) \("\(path).broken".asShellWord)"
        case .targetGone(let link, let target):
            "\(link) is a link to \(target), where nothing is. Bring that back, or start with an empty database: "
                + "rm \(link.asShellWord)"
        case .copiedHome(let link, let home):
            "\(link) is the link to the database of \(home): it was copied, the database was not. "
                + "Use that home, or start with an empty database: rm \(link.asShellWord)"
        case .locked(let path, let holder):
            "The lock \(path) has been held by \(holder) for too long. Try again later; lslocks lists who holds what."
        case .noAnswer(let process):
            "The embedded server (process \(process)) does not answer."
        case .didNotStop(let process):
            "The embedded server (process \(process)) has not stopped within a minute. Try again later, or end it, which "
                + "keeps what was committed, with: kill -KILL \(process)"
        case .didNotStart(let log, let reason):
            "The embedded PostgreSQL server did not start: \(reason). Its log: \(log)"
        case .programFailed(let program, let reason):
            "\(program) failed: \(reason)"
        case .home(let path, let number):
            "\(path): \(String(cString: strerror(number)))."
        case .file(let path, let number):
            "\(path): \(String(cString: strerror(number)))."
        }
    }
}
