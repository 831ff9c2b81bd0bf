import CMicroHTTPD
import Glibc
import XMPPEngine
import XMPPStorage

/// A file while it arrives: kept apart, and put in its place in one step when it is complete.
///
/// It is locked while it is open, by which a file that a killed server left can be told.
final class IncomingFile: @unchecked Sendable {
    // Sendable because its owner gives it to one thread at a time.

    /// Why a step failed, as errno has it.
    struct Failure: Error, Equatable {
        let code: Int32

        var isFullDisk: Bool { code == ENOSPC || code == EDQUOT }

        static var last: Failure { Failure(code: errno) }
    }

    private let root: String
    private let path: String
    private let upload: Upload
    private let modes: (file: mode_t, folder: mode_t)
    private var descriptor: Int32 = -1

    init(_ upload: Upload, root: String, fileMode: UInt32, folderMode: UInt32) {
        self.upload = upload
        self.root = root
        modes = (mode_t(fileMode), mode_t(folderMode))
        path = "\(root)/\(UploadFiles.incoming)/\(upload.id)"
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Appends bytes; blocks.
    func write(_ bytes: [UInt8]) throws(Failure) {
        if descriptor < 0 { try open() }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.write(
                    descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            }
            guard count > 0 || errno == EINTR else { throw .last }
            written += max(0, count)
        }
    }

    private func open() throws(Failure) {
        try Self.makeFolders(root, modes.folder)
        try Self.makeFolder("\(root)/\(UploadFiles.incoming)", modes.folder)
        descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, modes.file)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0,
            ftruncate(descriptor, 0) == 0, fchmod(descriptor, modes.file) == 0
        else { throw .last }
    }

    /// Puts the file in its place for good: a power cut leaves all of it or nothing; blocks.
    func publish() throws(Failure) {
        if descriptor < 0 { try open() }
        let folder = "\(root)/\(upload.folder)"
        let place = "\(folder)/\(upload.id)"
        guard fsync(descriptor) == 0 else { throw .last }
        try Self.makeFolder(folder, modes.folder)
        try Self.makeFolder(place, modes.folder)
        guard rename(path, "\(place)/\(upload.name)") == 0 else { throw .last }
        for changed in [place, folder, root] { try Self.flush(changed) }
    }

    /// Removes what has arrived; blocks.
    func discard() {
        if descriptor >= 0 { unlink(path) }
    }

    private static func flush(_ folder: String) throws(Failure) {
        let descriptor = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .last }
    }

    private static func makeFolder(_ path: String, _ mode: mode_t) throws(Failure) {
        guard mkdir(path, mode) != 0 else {
            chmod(path, mode)
            return
        }
        guard errno == EEXIST else { throw .last }
    }

    /// Makes a folder and those above it.
    private static func makeFolders(_ path: String, _ mode: mode_t) throws(Failure) {
        guard access(path, F_OK) != 0 else { return }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeFolders(String(path[..<slash]), mode)
        }
        try makeFolder(path, mode)
    }

    /// Removes what uploads that were cut off by the server's end have left; blocks.
    static func removeLeftovers(in root: String) {
        let folder = "\(root)/\(UploadFiles.incoming)"
        guard let entries = opendir(folder) else { return }
        defer { closedir(entries) }
        while let entry = readdir(entries) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix(".") else { continue }
            let file = Glibc.open("\(folder)/\(name)", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard file >= 0 else { continue }
            if flock(file, LOCK_EX | LOCK_NB) == 0 { unlink("\(folder)/\(name)") }
            close(file)
        }
    }
}
