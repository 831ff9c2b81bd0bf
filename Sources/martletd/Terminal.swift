import Glibc

/// Text for whoever started the server, written at once and unbuffered.
enum Terminal {
    static func say(_ text: String) { write(text, to: STDOUT_FILENO) }

    static func complain(_ text: String) { write(text, to: STDERR_FILENO) }

    private static func write(_ text: String, to file: Int32) {
        let line = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)
        _ = line.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    }
}
