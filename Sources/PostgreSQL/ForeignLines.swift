import CLinux

/// Hands the lines that libraries print to standard error by themselves to a function, for as long as the process lives.
///
/// While a connection is made, libpq prints what the server has to say (a collation that has changed) and what is wrong
/// with a password file, and nothing can be set before: whatever stands at the other end would write to the terminal.
package func handLinesOfLibraries(to tell: @escaping @Sendable (String) -> Void) {
    let context = Unmanaged.passRetained(LineReceiver(tell))
    let result = redirect_standard_error(
        { context, bytes, count in
            guard let context, let bytes else { return 0 }
            let text = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
            let receiver = Unmanaged<LineReceiver>.fromOpaque(context).takeUnretainedValue()
            for line in text.split(whereSeparator: \.isNewline) { receiver.tell(String(line)) }
            return count
        }, context.toOpaque())
    if result != 0 { context.release() }
}

private final class LineReceiver: Sendable {
    let tell: @Sendable (String) -> Void

    init(_ tell: @escaping @Sendable (String) -> Void) { self.tell = tell }
}
