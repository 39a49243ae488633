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
    /// Writes data. Whoever reads it may have gone: then nothing is left to do for a command that only reads, and the
    /// signal ends it.
    static func write(_ text: String) {
        _ = try? FileDescriptor.standardOutput.writeAll(Array(text.utf8))
    }

    /// Writes a line for a person to standard error.
    static func tell(_ line: String) {
        _ = try? FileDescriptor.standardError.writeAll(Array((line + "\n").utf8))
    }

    /// Puts a line into the place of the one that `showProgress` wrote last; an empty one removes it.
    static func showProgress(_ line: String) {
        _ = try? FileDescriptor.standardError.writeAll(Array(("\r\u{1B}[K" + line).utf8))
    }

    static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Characters a line may have: the terminal's width, or 100 where the output is no terminal.
    static func columns(of descriptor: Int32 = STDOUT_FILENO) -> Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
        return Int(size.ws_col)
    }

    /// Pictures or colours where a person looks at a terminal that has them.
    static var medium: DigitPicture.Medium {
        guard isatty(STDOUT_FILENO) == 1 else { return .shades }
        return DigitPicture.Medium(environment: ProcessInfo.processInfo.environment)
    }
}
