import CMicroHTTPD
import Glibc

/// A folder whose files may be served; nothing outside of it can be opened through it.
///
/// The kernel resolves each path below the folder's descriptor and refuses whatever would leave
/// it: `..`, absolute links, links that point out (openat2(2), `RESOLVE_BENEATH`). Where that call
/// is not allowed the path is walked step by step and no link is followed at all.
final class Folder: Sendable {
    private let descriptor: Int32
    private let shelf: FileShelf

    /// `nil` when there is no such folder.
    ///
    /// `clock` says the seconds since 1970, as the file system counts them.
    init?(_ path: String, clock: @escaping @Sendable () -> Int64 = { Int64(time(nil)) }) {
        descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0 { return nil }
        shelf = FileShelf(clock: clock)
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

    /// The same, from memory where the name still leads to the very file that was read last.
    ///
    /// `now` is in milliseconds of a loop's clock.
    func open(_ path: String, now: UInt64) -> OpenFile? {
        if let known = shelf.file(path, now: now), status(of: path) == known.status {
            return known
        }
        guard let file = open(path) else { return nil }
        shelf.put(file, path, now: now)
        return file
    }

    /// What a name leads to now, also where it may not be opened: it is only compared.
    private func status(of path: String) -> FileStatus? {
        var status = stat()
        let found = fstatat(descriptor, path.isEmpty ? "." : path, &status, 0) == 0
        return found ? FileStatus(status) : nil
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
