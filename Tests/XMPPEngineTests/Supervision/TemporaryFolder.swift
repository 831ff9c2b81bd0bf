import Glibc

@testable import XMPPEngine

/// A new folder below `/tmp`, removed with its files when the test ends.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/martlet-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemCallError("mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Makes a file, or one with other text.
    func write(_ name: String, _ text: String) throws {
        guard let file = fopen(path + "/" + name, "w") else { throw SystemCallError("fopen") }
        defer { fclose(file) }
        fputs(text, file)
    }

    deinit {
        guard let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            unlink(path + "/" + name)
        }
        closedir(folder)
        rmdir(path)
    }
}
