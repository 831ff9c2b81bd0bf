/// Reads the server_name extension of a ClientHello (RFC 6066 §3).
enum ServerName {
    /// The first host name, lower case.
    ///
    /// - Parameter bytes: The extension's data.
    /// - Returns: `nil` when there is none or it is malformed; OpenSSL then refuses it itself.
    static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        guard bytes.count >= 2, length(bytes, at: 0) == bytes.count - 2 else { return nil }
        var index = 2
        while index + 3 <= bytes.count {
            let end = index + 3 + length(bytes, at: index + 1)
            guard end <= bytes.count else { return nil }
            if bytes[index] == 0 {  // host_name
                return text(bytes[index + 3..<end])
            }
            index = end
        }
        return nil
    }

    private static func length(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
        Int(bytes[index]) << 8 | Int(bytes[index + 1])
    }

    private static func text(_ name: Slice<UnsafeBufferPointer<UInt8>>) -> String? {
        guard (1...255).contains(name.count), !name.contains(0) else { return nil }
        return String(validating: name, as: UTF8.self)?.lowercased()
    }
}
