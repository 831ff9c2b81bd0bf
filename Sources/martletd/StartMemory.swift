import Glibc

/// Gives back what only the start needed.
///
/// Reading the configuration runs through much of the YAML reader, Foundation and the argument
/// parser, and opening listeners through much of the libraries. Those pages are clean copies of
/// files, which the kernel would keep mapped until memory is short; what runs again is mapped
/// again.
enum StartMemory {
    /// How long after the start its last pieces of work have run.
    private static let settling = Duration.seconds(2)

    /// Gives it back once all runs; ends early when cancelled.
    static func releaseWhenSettled() async {
        guard (try? await Task.sleep(for: settling)) != nil else { return }
        for range in cleanFiles() {
            madvise(
                UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count, MADV_DONTNEED)
        }
    }

    /// Where files are mapped of which no page was ever written to, nor can be (proc(5), smaps).
    ///
    /// What the linker relocated is read-only, too, but would be lost.
    private static func cleanFiles() -> [Range<UInt>] {
        guard let maps = fopen("/proc/self/smaps", "re") else { return [] }
        defer { fclose(maps) }
        var ranges: [Range<UInt>] = []
        var mapping: Range<UInt>?
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, Int32(line.count), maps) != nil {
            let bytes = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let words = String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
            guard let first = words.first else { continue }
            if first == "Anonymous:" {
                if let mapping, words.count > 1, words[1] == "0" { ranges.append(mapping) }
                mapping = nil
            } else if !first.hasSuffix(":") {
                mapping = readOnlyFile(words)
            }
        }
        return ranges
    }

    /// The addresses in a mapping's first line, when it is a file's and read-only.
    private static func readOnlyFile(_ words: [Substring]) -> Range<UInt>? {
        guard words.count >= 6, words[1] == "r-xp" || words[1] == "r--p",
            words[5].hasPrefix("/")
        else { return nil }
        let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        return ends.count == 2 && ends[0] < ends[1] ? ends[0]..<ends[1] : nil
    }
}
