import CLibPQ

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A connection URL or a list of keywords, taken apart as libpq does it.
///
/// What libpq can't read, or would read in another way than it was meant, is refused without a word of it: libpq's own
/// messages repeat the part that it stumbles over, and that may be a password.
package struct ConnectionString: Sendable {
    /// Keywords and values, in libpq's order.
    private let parameters: [(keyword: String, value: String)]

    /// - Parameter text: Empty for libpq's own environment.
    /// - Throws: `PostgreSQLError.unreadableConnectionString`.
    package init(_ text: String) throws {
        let isReadable = text.isURL ? text.isPlainURL : text.isEmpty || text.isList
        guard isReadable, !text.utf8.contains(0), let options = PQconninfoParse(text, nil) else {
            throw PostgreSQLError.unreadableConnectionString
        }
        defer { PQconninfoFree(options) }
        var parameters: [(String, String)] = []
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { parameters.append((String(cString: keyword), String(cString: value))) }
            option += 1
        }
        self.parameters = parameters
        let ports = self["port"]?.split(separator: ",", omittingEmptySubsequences: false) ?? []
        guard ports.allSatisfy({ $0.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } }),
            self["dbname"]?.contains("://") != true, self["host"]?.contains("://") != true,
            !text.isURL || self["dbname"]?.utf8.contains(UInt8(ascii: "@")) != true
        else { throw PostgreSQLError.unreadableConnectionString }
    }

    /// The value of a keyword, such as `host`; `nil` when the string does not give it.
    package subscript(_ keyword: String) -> String? { parameters.first { $0.keyword == keyword }?.value }

    /// The same as a URL, fit to be seen by others.
    package var withoutSecrets: String {
        "postgresql:///?"
            + parameters.filter { !Self.secret.contains($0.keyword) }
            .map { "\($0.keyword)=\($0.value.asURLValue)" }.joined(separator: "&")
    }

    private static let secret = ["password", "sslpassword"]

    /// The variables that are set and say how to connect, where this string does not: what a message of libpq is about may
    /// be in one of them. Those that tell where the server is are in the message anyway.
    func settingsOfEnvironment(isSet: (String) -> Bool) -> [String] {
        guard let options = PQconninfoParse("", nil) else { return [] }
        defer { PQconninfoFree(options) }
        let place = ["host", "hostaddr", "port", "user", "dbname", "service"] + Self.secret
        var variables: [String] = []
        var option = options
        while let keyword = option.pointee.keyword.map({ String(cString: $0) }) {
            if let variable = option.pointee.envvar, self[keyword] == nil, !place.contains(keyword) {
                variables.append(String(cString: variable))
            }
            option += 1
        }
        return (variables + ["PGTZ", "PGDATESTYLE", "PGGEQO"]).filter(isSet)
    }

    /// A message of libpq or of the server, without the secrets of this string.
    func redacting(_ message: String) -> String {
        parameters.filter { Self.secret.contains($0.keyword) && $0.value.utf8.count > 3 }
            .reduce(message) { $0.replacing($1.value, with: "***") }
    }

    /// How the connection is to be secured where nothing is said about it: another machine must use TLS and prove its name,
    /// since whoever stands between could ask for the password in clear. `sslmode` in the string, in `PGSSLMODE` or in a
    /// service file wins.
    func securityDefaults(environment: (String) -> String?) -> KeyValuePairs<String, String> {
        func value(_ keyword: String, _ variable: String) -> String? { self[keyword] ?? environment(variable) }
        guard value("sslmode", "PGSSLMODE") == nil, value("service", "PGSERVICE") == nil else { return [:] }
        let hosts = value("hostaddr", "PGHOSTADDR") ?? value("host", "PGHOST") ?? ""
        guard !hosts.split(separator: ",").allSatisfy({ Self.isThisMachine(String($0)) }) else { return [:] }
        // Where no authorities were chosen for PostgreSQL, those of the system count.
        let own = "\(environment("HOME") ?? "")/.postgresql/root.crt"
        let system = "/etc/ssl/certs/ca-certificates.crt"
        guard value("sslrootcert", "PGSSLROOTCERT") == nil, access(own, R_OK) != 0, access(system, R_OK) == 0 else {
            return ["sslmode": "verify-full"]
        }
        return ["sslmode": "verify-full", "sslrootcert": system]
    }

    private static func isThisMachine(_ host: String) -> Bool {
        host.hasPrefix("/") || host.hasPrefix("@") || host == "localhost" || host == "::1"
            || host.wholeMatch(of: /127(\.\d{1,3}){3}/) != nil
    }
}

extension String {
    fileprivate var isURL: Bool { hasPrefix("postgresql://") || hasPrefix("postgres://") }

    /// `keyword = value …`
    fileprivate var isList: Bool { prefixMatch(of: /\s*[a-z_]+\s*=/) != nil }

    /// One @ at most, before the path: the others of a password must be percent-encoded, as / and ? must be.
    ///
    /// By byte, as libpq reads it: an @ that an accent follows is another `Character`.
    fileprivate var isPlainURL: Bool {
        guard let start = firstRange(of: "://")?.upperBound else { return false }
        let rest = self[start...].utf8
        func count(_ character: Unicode.Scalar, in part: Substring.UTF8View) -> Int {
            part.count { $0 == UInt8(ascii: character) }
        }
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        let path = rest.dropFirst(authority.count).prefix { $0 != UInt8(ascii: "?") }
        return count("@", in: authority) <= 1 && count("@", in: path) == 0
            && count("[", in: authority) == count("]", in: authority)
    }
}
