import Crypto
import Subprocess
import SystemPackage

/// Why a place did not give the files.
struct FetchFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// What was got, and from where after all redirections.
struct Downloaded {
    let bytes: [UInt8]
    let address: String
}

/// Gets a file from the web, into memory: nothing of it touches the disk before it is known to be right.
///
/// - Parameter limit: Bytes; more are refused while they arrive.
/// - Throws: `FetchFailure`.
func download(_ address: String, limit: Int) async throws -> Downloaded {
    // Nothing that ends the quoted word in curl's configuration; an address has none of it.
    guard
        address.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
    else { throw FetchFailure("its address has characters that must be percent-encoded") }
    let marker = "\n\(UInt64.random(in: 0...UInt64.max)) "
    let answer = try await run(
        "curl",
        [
            "--disable", "--config", "-", "--fail", "--silent", "--show-error", "--globoff", "--location",
            "--max-redirs", "5", "--proto", "=http,https", "--proto-redir", "=http,https", "--connect-timeout", "5",
            "--max-time", "300", "--speed-limit", "1000", "--speed-time", "20", "--max-filesize", "\(limit)",
            "--write-out", "\(marker)%{url_effective}",
        ],
        // The address may carry a password, and other users see a program's arguments.
        input: Array("url = \"\(address)\"\n".utf8), limit: limit + 4096)
    // The marker stands before the last address, which has neither spaces nor line feeds.
    guard let end = answer.lastIndex(of: UInt8(ascii: "\n")), let space = answer.lastIndex(of: UInt8(ascii: " ")),
        space > end
    else { throw FetchFailure("the program curl answers in a way that is not understood") }
    return Downloaded(
        bytes: Array(answer[..<end]), address: String(decoding: answer[(space + 1)...], as: UTF8.self))
}

/// Runs a program to its end, and returns what it writes to standard output.
///
/// - Parameter limit: Bytes of standard output; a program that writes more is ended.
/// - Throws: `FetchFailure` with the last line of standard error; `CancellationError`, the program being ended.
func run(
    _ program: String, _ arguments: [String], in folder: FilePath? = nil, input: [UInt8] = [], limit: Int
) async throws -> [UInt8] {
    do {
        let result = try await Subprocess.run(
            .name(program), arguments: Arguments(arguments), workingDirectory: folder, input: .array(input),
            output: .bytes(limit: limit), error: .string(limit: 1 << 20))
        try Task.checkCancellation()
        guard result.terminationStatus.isSuccess else {
            let lines = result.standardError.split(whereSeparator: \.isNewline)
            throw FetchFailure(lines.last.map(String.init) ?? "\(program) failed")
        }
        return result.standardOutput
    } catch let error as SubprocessError {
        try Task.checkCancellation()
        throw error.code == .outputLimitExceeded
            ? FetchFailure("it gives more than \(limit >> 20) MiB")
            : FetchFailure("the program \(program) is not installed or can't be started")
    }
}

/// In hexadecimal.
func sha256Digest(of bytes: [UInt8]) -> String { SHA256.hash(data: bytes).hexadecimal }
