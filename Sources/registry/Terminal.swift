import FoundationEssentials
import Reporting
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Standard output and standard error.
///
/// Data goes to standard output, everything else to standard error; colour and progress only where a person looks.
enum Terminal {
    /// Puts /dev/null into the place of what was closed of standard input, output and error. A file or a connection would
    /// take its number otherwise, and get what is printed.
    static func openStandardDescriptors() {
        while true {
            let number = open("/dev/null", O_RDWR)
            guard (0...2).contains(number) else {
                close(number)
                return
            }
        }
    }

    /// Writes text for a person.
    ///
    /// - Throws: `OutputFailure`.
    static func write(_ text: TerminalText) throws {
        try write(data: Screen.terminal.isASCII ? text.description.inASCII : text.description)
    }

    /// Writes text for a program, to the byte. Whoever reads it may have gone: then nothing is left to do for a command
    /// that only reads, and the signal ends it; others go on in silence.
    ///
    /// - Throws: `OutputFailure`.
    static func write(data: String) throws {
        do {
            try FileDescriptor.standardOutput.writeAll(Array(data.utf8))
        } catch let error as Errno where error != .brokenPipe {
            throw OutputFailure(reason: "\(error)".lowercased())
        } catch {}
    }

    /// Writes a line for a person to standard error.
    static func tell(_ line: String) {
        let shown = line.asShortLine
        tell(data: Screen.terminal.isASCII ? shown.inASCII : shown)
    }

    /// Writes lines to standard error as they are.
    static func tell(data lines: String) {
        _ = try? FileDescriptor.standardError.writeAll(Array((lines + "\n").utf8))
    }

    /// Puts a line into the place of the one that `showProgress` wrote last; an empty one removes it.
    static func showProgress(_ line: String) {
        let shown = line.withVisibleControls
        let text = Screen.terminal.isASCII ? shown.inASCII : shown
        _ = try? FileDescriptor.standardError.writeAll(Array(("\r\u{1B}[K" + text).utf8))
    }

    static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Characters a line may have: the terminal's width, else `COLUMNS`, else 80.
    static func columns(of descriptor: Int32 = STDOUT_FILENO) -> Int {
        var size = winsize()
        if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        let named = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 80
        return (20...10_000).contains(named) ? named : 80
    }
}

extension Screen {
    /// Standard output, as wide as it is; pictures or colours where a person looks at a terminal that has them.
    static var terminal: Screen {
        let environment = ProcessInfo.processInfo.environment
        return Screen(
            columns: Terminal.columns(), isASCII: Screen.isASCII(environment: environment),
            medium: isatty(STDOUT_FILENO) == 1 ? DigitPicture.Medium(environment: environment) : .shades)
    }
}

/// Standard output takes no more.
struct OutputFailure: Failure {
    let reason: String

    var exitStatus: ExitStatus { .cannotWrite }
    var description: String {
        "Standard output cannot be written (\(reason)): what was printed is not whole. Send it elsewhere."
    }
}
