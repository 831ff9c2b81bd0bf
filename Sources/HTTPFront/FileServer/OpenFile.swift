import Glibc

/// What tells a file from another, and from itself before a change.
struct FileStatus: Equatable, Sendable {
    /// A moment since 1970.
    struct Moment: Equatable {
        let seconds: Int64
        let nanoseconds: Int

        init(_ time: timespec) {
            seconds = Int64(time.tv_sec)
            nanoseconds = time.tv_nsec
        }
    }

    let device: UInt64
    let inode: UInt64
    let mode: mode_t
    let size: UInt64
    /// When its content changed.
    let modified: Moment
    /// When its content or its rights changed.
    let changed: Moment

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        mode = status.st_mode
        size = UInt64(clamping: status.st_size)
        modified = Moment(status.st_mtim)
        changed = Moment(status.st_ctim)
    }
}

/// A file or folder as it was when it was opened: a small file's bytes, or a descriptor.
final class OpenFile: Sendable {
    enum Kind {
        case file
        case folder
        case other
    }

    private enum Content {
        case none
        case bytes([UInt8])
        case descriptor(Int32)
    }

    /// So little goes out with the head, in one system call and one packet less than by sendfile.
    static let readBytesMax: UInt64 = 16_384

    let kind: Kind
    let status: FileStatus
    /// As `Last-Modified` has it.
    let modifiedText: String
    private let plainTag: String
    private let content: Content

    /// Takes a descriptor over.
    init(adopting descriptor: Int32) {
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        self.status = FileStatus(status)
        switch isKnown ? status.st_mode & S_IFMT : 0 {
        case S_IFREG: kind = .file
        case S_IFDIR: kind = .folder
        default: kind = .other
        }
        content = Self.content(of: descriptor, kind, self.status.size)
        let modified = self.status.modified
        let moment =
            UInt64(bitPattern: modified.seconds) &* 1_000_000_000 &+ UInt64(modified.nanoseconds)
        let parts = [moment, self.status.size, self.status.inode].map { String($0, radix: 36) }
        plainTag = kind == .file ? "\"\(parts.joined(separator: "-"))\"" : ""
        modifiedText = kind == .file ? HTTPDate.text(modified.seconds) : ""
    }

    deinit {
        if case .descriptor(let descriptor) = content { close(descriptor) }
    }

    private static func content(of descriptor: Int32, _ kind: Kind, _ size: UInt64) -> Content {
        guard kind == .file else {
            close(descriptor)
            return .none
        }
        guard size <= readBytesMax, let bytes = read(descriptor, 0..<size) else {
            return .descriptor(descriptor)
        }
        close(descriptor)
        return .bytes(bytes)
    }

    var size: UInt64 { status.size }
    /// Seconds since 1970.
    var modified: Int64 { status.modified.seconds }

    /// What it takes in memory, besides its name; `nil` when it needs a descriptor.
    var bytesInMemory: Int? {
        switch content {
        case .none: kind == .folder ? 0 : nil
        case .bytes(let bytes): bytes.count
        case .descriptor: nil
        }
    }

    /// A strong entity tag: another file, size or moment of change has another.
    func tag(coding: ContentCoding?) -> String {
        guard let coding else { return plainTag }
        return "\(plainTag.dropLast())-\(coding.rawValue)\""
    }

    /// A part of it for an answer; `nil` when the file is shorter by now, or there is no descriptor
    /// left.
    func body(_ range: Range<UInt64>, isSent: Bool) -> ResponseBody? {
        switch content {
        case .none: return nil
        case .bytes: return read(range).map { .bytes($0) }
        case .descriptor(let descriptor):
            if isSent, range.upperBound - range.lowerBound <= Self.readBytesMax {
                return read(range).map { .bytes($0) }
            }
            let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
            guard copy >= 0 else { return nil }
            return .file(
                FileRegion(
                    descriptor: copy, offset: range.lowerBound,
                    count: range.upperBound - range.lowerBound))
        }
    }

    /// The bytes of a range; `nil` when the file is shorter by now.
    func read(_ range: Range<UInt64>) -> [UInt8]? {
        switch content {
        case .none: return nil
        case .bytes(let bytes):
            guard range.upperBound <= bytes.count else { return nil }
            if range.lowerBound == 0, range.upperBound == bytes.count { return bytes }
            return Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
        case .descriptor(let descriptor): return Self.read(descriptor, range)
        }
    }

    private static func read(_ descriptor: Int32, _ range: Range<UInt64>) -> [UInt8]? {
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
