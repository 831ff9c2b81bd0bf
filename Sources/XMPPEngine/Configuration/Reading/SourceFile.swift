import Glibc

/// Reads configuration files whole, within limits.
enum SourceFile {
    /// The largest file that is read.
    static let bytesMax = 4 << 20

    /// The text of a file.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - position: What asks for it: the file itself, or the line that includes it.
    /// - Returns: The text, without a byte order mark.
    /// - Throws: When it cannot be opened, is no regular file, is too large or is not UTF-8.
    static func text(
        of path: String, askedAt position: SourcePosition
    ) throws(ConfigurationError) -> String {
        let bytes = try bytes(of: path, askedAt: position)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            let bad = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
            throw ConfigurationError(
                at: SourcePosition(file: path, line: bad + 1), "this line is not valid UTF-8")
        }
        return text
    }

    private static func bytes(
        of path: String, askedAt position: SourcePosition
    ) throws(ConfigurationError) -> ArraySlice<UInt8> {
        func failure(_ reason: String) -> ConfigurationError {
            ConfigurationError(at: position, "cannot read `\(path)`: \(reason)")
        }
        // Not blocking: opening a FIFO would wait for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw failure(String(cString: strerror(errno)))
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw failure("it is not a regular file") }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw failure(String(cString: strerror(errno))) }
            guard count > 0 else { break }
            bytes += buffer[..<count]
            guard bytes.count <= bytesMax else {
                throw failure("it is larger than \(bytesMax >> 20) MiB")
            }
        }
        return bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    }
}
