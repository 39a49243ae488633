#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Why the embedded server can't be made, started or stopped.
public enum EmbeddedServerError: Error, Sendable, CustomStringConvertible {
    case noServerInstalled
    case noServerUser
    case otherVersion(data: String, needed: String, found: [String])
    case foreignHome(String)
    case didNotStart(log: String, reason: String)
    case programFailed(String, reason: String)
    case file(String, Int32)

    public var description: String {
        switch self {
        case .noServerInstalled:
            "No PostgreSQL server is installed here, and none is named by --database. "
                + "Install one with: apt-get install postgresql"
        case .noServerUser:
            "PostgreSQL refuses to run as root, and there is no system user “postgres” to run it as. "
                + "Make one with: apt-get install postgresql"
        case .otherVersion(let data, let needed, let found):
            "\(data) was made by PostgreSQL \(needed), and "
                + (found.isEmpty ? "none" : "only \(found.joined(separator: ", "))") + " is installed. "
                + "Install it with: apt-get install postgresql-\(needed); or dump the data on a machine that has it "
                + "(pg_dump), move the directory away and load the dump (psql)."
        case .foreignHome(let path):
            "\(path) belongs to another user. Name a folder of your own with REGISTRY_HOME."
        case .didNotStart(let log, let reason):
            "The embedded PostgreSQL server did not start: \(reason). Its log: \(log)"
        case .programFailed(let program, let reason):
            "\(program) failed: \(reason)"
        case .file(let path, let number):
            "\(path): \(String(cString: strerror(number)))."
        }
    }
}
