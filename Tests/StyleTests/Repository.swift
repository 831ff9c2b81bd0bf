import Glibc

/// The files of this repository.
enum Repository {
    /// The folder that holds `Package.swift`.
    static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

    static let sources = swiftFiles(in: "Sources").map(SourceFile.init)
    static let tests = swiftFiles(in: "Tests").map(SourceFile.init)

    /// The text of a file, by its path below the root; empty when it cannot be read.
    static func text(of path: String) -> String {
        guard let file = fopen(root + "/" + path, "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The paths of all Swift files below a folder, in order.
    private static func swiftFiles(in folder: String) -> [String] {
        files(in: folder, suffix: ".swift")
    }

    /// The paths of all files below a folder that end so, in order.
    static func files(in folder: String, suffix: String) -> [String] {
        guard let directory = opendir(root + "/" + folder) else { return [] }
        defer { closedir(directory) }
        var paths: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix(".") else { continue }
            if name.hasSuffix(suffix) {
                paths.append(folder + "/" + name)
            } else if !name.contains(".") {
                paths += files(in: folder + "/" + name, suffix: suffix)
            }
        }
        return paths.sorted()
    }
}
