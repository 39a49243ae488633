#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The user that the server's processes run as: whoever calls, or `postgres` where root calls.
struct ServerOwner {
    struct Substitute {
        let user: uid_t
        let group: gid_t
    }

    /// `nil` for the user that calls.
    let substitute: Substitute?

    var user: uid_t { substitute?.user ?? geteuid() }

    static func current() throws -> ServerOwner {
        guard geteuid() == 0 else { return ServerOwner(substitute: nil) }
        guard let entry = getpwnam("postgres") else { throw EmbeddedServerError.noServerUser }
        return ServerOwner(substitute: Substitute(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid))
    }
}
