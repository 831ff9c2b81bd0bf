import Glibc
import Testing

@testable import HTTPFront

@Suite("File server: what is kept in memory")
struct FileShelfTests {
    private let files: TestFolder
    private let outside: TestFolder
    /// Its clock is ahead: all files are old enough to be kept.
    private let folder: Folder

    init() throws {
        files = try TestFolder()
        outside = try TestFolder()
        try files.write("a.txt", "hello")
        try files.write("large", String(repeating: "x", count: 16_385))
        files.makeFolder("in")
        folder = try #require(Folder(files.path, clock: Self.later))
    }

    private static let later: @Sendable () -> Int64 = { Int64(time(nil)) + 10 }

    private func text(_ name: String, now: UInt64 = 0) -> String? {
        guard let file = folder.open(name, now: now), let bytes = file.read(0..<file.size) else {
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("A small file and a folder are the same object for a second")
    func keeps() {
        for name in ["a.txt", "in", ""] {
            let first = folder.open(name, now: 5000)
            #expect(first != nil)
            #expect(first === folder.open(name, now: 5999))
            let second = folder.open(name, now: 6000)
            #expect(second != nil)
            #expect(first !== second)
            #expect(second === folder.open(name, now: 6999))
        }
    }

    @Test("A large file is opened anew, and so is what changed a moment ago")
    func opensAnew() throws {
        #expect(folder.open("large", now: 0) !== folder.open("large", now: 0))
        let present = try #require(Folder(files.path))
        try files.write("new.txt", "hello")
        #expect(present.open("new.txt", now: 0) !== present.open("new.txt", now: 0))
    }

    @Test("A change is seen at once: other bytes of the same length, a newer date, other rights")
    func seesChanges() throws {
        #expect(text("a.txt") == "hello")
        try files.write("b.txt", "HELLO")
        rename("\(files.path)/b.txt", "\(files.path)/a.txt")
        #expect(text("a.txt") == "HELLO")
        let tag = folder.open("a.txt", now: 0)?.tag(coding: nil)
        files.touch("a.txt", 1000)
        #expect(folder.open("a.txt", now: 0)?.tag(coding: nil) != tag)
        #expect(folder.open("a.txt", now: 0)?.modifiedText == "Thu, 01 Jan 1970 00:16:40 GMT")
        let before = folder.open("a.txt", now: 0)
        chmod("\(files.path)/a.txt", 0o600)
        #expect(folder.open("a.txt", now: 0) !== before)
    }

    @Test("What was removed, or became a link that leads out, is not there any more")
    func staysInside() throws {
        #expect(text("a.txt") == "hello")
        files.delete("a.txt")
        #expect(folder.open("a.txt", now: 0) == nil)
        try files.write("a.txt", "hello")
        #expect(text("a.txt") == "hello")
        files.delete("a.txt")
        try outside.write("secret", "hello")
        files.link("a.txt", to: "\(outside.path)/secret")
        #expect(folder.open("a.txt", now: 0) == nil)
        files.delete("in")
        rmdir("\(files.path)/in")
        #expect(folder.open("in", now: 0) == nil)
    }

    @Test("A file in place of a folder, and a folder in place of a file")
    func changesKind() throws {
        #expect(folder.open("in", now: 0)?.kind == .folder)
        rmdir("\(files.path)/in")
        try files.write("in", "file")
        #expect(folder.open("in", now: 0)?.kind == .file)
        files.delete("a.txt")
        #expect(folder.open("a.txt", now: 0) == nil)
        files.makeFolder("a.txt")
        #expect(folder.open("a.txt", now: 0)?.kind == .folder)
    }

    @Test("Neither more files nor more bytes than the limits are kept; the last one always is")
    func limits() throws {
        let shelf = FileShelf(clock: Self.later)
        let small = try #require(folder.open("a.txt"))
        for number in 0...FileShelf.entriesMax { shelf.put(small, "\(number)", now: 0) }
        let kept = (0...FileShelf.entriesMax).filter { shelf.file("\($0)", now: 0) != nil }
        #expect(kept == [FileShelf.entriesMax])

        try files.write("middle", String(repeating: "x", count: 16_384))
        let middle = try #require(folder.open("middle"))
        let count = FileShelf.bytesMax / 16_384
        for number in 0..<count { shelf.put(middle, "m\(number)", now: 0) }
        let all = (0..<count).filter { shelf.file("m\($0)", now: 0) != nil }
        #expect(all.count < count && all.last == count - 1)
        // The same name again takes no further room.
        for _ in 0..<count { shelf.put(middle, "m\(count - 1)", now: 0) }
        #expect(all.allSatisfy { shelf.file("m\($0)", now: 0) != nil })
    }
}
