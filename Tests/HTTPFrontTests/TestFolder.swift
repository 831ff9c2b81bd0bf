import Glibc

/// A folder of its own, removed when it goes.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/martlet-http-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw RawFailure(errno) }
        path = String(
            decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        Self.remove(path)
    }

    func write(_ name: String, _ text: String) throws {
        guard let file = fopen("\(path)/\(name)", "w") else { throw RawFailure(errno) }
        fputs(text, file)
        fclose(file)
    }

    func delete(_ name: String) {
        unlink("\(path)/\(name)")
    }

    /// The names in a folder; none when it is not there.
    func list(_ name: String) -> [String] {
        guard let folder = opendir("\(path)/\(name)") else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    func makeFolder(_ name: String) {
        mkdir("\(path)/\(name)", 0o755)
    }

    func link(_ name: String, to target: String) {
        symlink(target, "\(path)/\(name)")
    }

    /// Sets when a file was changed, in seconds since 1970.
    func touch(_ name: String, _ seconds: Int) {
        let time = timespec(tv_sec: seconds, tv_nsec: 0)
        let times = [time, time]
        utimensat(AT_FDCWD, "\(path)/\(name)", times, 0)
    }

    func read(_ name: String) -> String {
        guard let file = fopen("\(path)/\(name)", "r") else { return "" }
        defer { fclose(file) }
        var text: [UInt8] = []
        while case let byte = fgetc(file), byte != EOF { text.append(UInt8(byte)) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Links are removed, never followed: only what is a folder by itself is emptied.
    private static func remove(_ path: String) {
        guard unlink(path) != 0, errno == EISDIR, let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { remove("\(path)/\(name)") }
        }
        closedir(folder)
        rmdir(path)
    }
}
