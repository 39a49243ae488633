import Subprocess
import SystemPackage

/// A drawing in Scalable Vector Graphics as pixels, twice as many as its size says, as librsvg draws them.
func png(ofSVG svg: [UInt8]) async throws -> [UInt8] {
    do {
        // A file, since a pipe that is not read to its end would end this process.
        let drawing = try UnnamedFile()
        // Open until the program has read it.
        defer { _ = drawing.descriptor }
        _ = try drawing.descriptor.writeAll(svg)
        try drawing.descriptor.seek(offset: 0, from: .start)
        let result = try await Subprocess.run(
            .name("rsvg-convert"), arguments: ["--format", "png", "--zoom", "2", "--background-color", "white"],
            input: .fileDescriptor(drawing.descriptor, closeAfterSpawningProcess: false),
            output: .bytes(limit: 1 << 26), error: .string(limit: 1 << 16))
        guard result.terminationStatus.isSuccess else {
            let lines = result.standardError.split(whereSeparator: \.isNewline)
            throw DrawingFailure(reason: lines.last.map(String.init) ?? "")
        }
        return result.standardOutput
    } catch let error as SubprocessError where error.code == .executableNotFound {
        throw ProgramMissing(program: "rsvg-convert", package: "librsvg2-bin")
    }
}

/// rsvg-convert did not draw what it was given.
struct DrawingFailure: Failure {
    let reason: String

    var exitStatus: ExitStatus { .internalError }
    var description: String {
        "rsvg-convert failed (\(reason)). A drawing that needs no other program: --output FILE.svg"
    }
}

/// A program that this one starts is not there.
struct ProgramMissing: Failure {
    let program: String
    let package: String

    var exitStatus: ExitStatus { .usage }
    var description: String {
        "The program \(program) is not installed. Install it with: apt-get install \(package)"
    }
}
