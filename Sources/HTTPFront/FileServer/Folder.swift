import CMicroHTTPD
import Glibc

/// A folder whose files may be served; nothing outside of it can be opened through it.
///
/// The kernel resolves each path below the folder's descriptor and refuses whatever would leave
/// it: `..`, absolute links, links that point out (openat2(2), `RESOLVE_BENEATH`). Where that call
/// is not allowed the path is walked step by step and no link is followed at all.
final class Folder: Sendable {
    private let descriptor: Int32

    /// `nil` when there is no such folder.
    init?(_ path: String) {
        descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0 { return nil }
    }

    deinit {
        close(descriptor)
    }

    /// Opens a file or folder for reading; `path` is relative, without dot segments, and empty for
    /// the folder itself.
    func open(_ path: String) -> OpenFile? {
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        let path = path.isEmpty ? "." : path
        var opened = martlet_open_beneath(descriptor, path, flags)
        if opened < 0, errno == ENOSYS || errno == EPERM { opened = walk(path, flags) }
        return opened < 0 ? nil : OpenFile(adopting: opened)
    }

    private func walk(_ path: String, _ flags: Int32) -> Int32 {
        var folder = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        let steps = path.split(separator: "/")
        for (index, step) in steps.enumerated() where folder >= 0 {
            let isLast = index == steps.count - 1
            let how = isLast ? flags : O_RDONLY | O_DIRECTORY | O_CLOEXEC
            let next = step == ".." ? -1 : openat(folder, String(step), how | O_NOFOLLOW)
            close(folder)
            folder = next
        }
        return folder
    }
}

/// Owns an open file until an answer takes it over.
struct OpenFile: ~Copyable {
    enum Kind {
        case file
        case folder
        case other
    }

    private let descriptor: Int32
    let kind: Kind
    let size: UInt64
    /// Seconds since 1970.
    let modified: Int64
    private let nanoseconds: Int
    private let inode: UInt64

    init(adopting descriptor: Int32) {
        self.descriptor = descriptor
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        switch isKnown ? status.st_mode & S_IFMT : 0 {
        case S_IFREG: kind = .file
        case S_IFDIR: kind = .folder
        default: kind = .other
        }
        size = UInt64(clamping: status.st_size)
        modified = Int64(status.st_mtim.tv_sec)
        nanoseconds = status.st_mtim.tv_nsec
        inode = UInt64(status.st_ino)
    }

    deinit {
        close(descriptor)
    }

    /// A strong entity tag: another file, size or moment of change has another.
    func tag(coding: ContentCoding?) -> String {
        let moment = UInt64(bitPattern: modified) &* 1_000_000_000 &+ UInt64(nanoseconds)
        let parts = [moment, size, inode].map { String($0, radix: 36) }
        return "\"\(parts.joined(separator: "-"))\(coding.map { "-\($0.rawValue)" } ?? "")\""
    }

    /// A part of it, with a descriptor of its own; `nil` when there is none left.
    func region(_ range: Range<UInt64>) -> FileRegion? {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return nil }
        return FileRegion(
            descriptor: copy, offset: range.lowerBound, count: range.upperBound - range.lowerBound)
    }

    /// The bytes of a range; `nil` when the file is shorter by now.
    func read(_ range: Range<UInt64>) -> [UInt8]? {
        let wanted = Int(range.upperBound - range.lowerBound)
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            while count < wanted {
                let got = pread(
                    descriptor, buffer.baseAddress.map { $0 + count }, wanted - count,
                    off_t(range.lowerBound) + off_t(count))
                guard got > 0 else { return }
                count += got
            }
        }
        return bytes.count == wanted ? bytes : nil
    }
}
