import Glibc

/// Gives back what only the start needed.
///
/// Reading the configuration runs through much of the YAML reader, Foundation and the argument
/// parser. Their pages are clean copies of the program's file, which the kernel would keep mapped
/// until memory is short; what runs again is mapped again.
enum StartMemory {
    static func release() {
        for range in codeOfTheProgram() {
            madvise(
                UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count, MADV_DONTNEED)
        }
    }

    /// Where the program's own file is mapped to be run and not to be written.
    private static func codeOfTheProgram() -> [Range<UInt>] {
        guard let file = realpath("/proc/self/exe", nil), let maps = fopen("/proc/self/maps", "re")
        else { return [] }
        defer {
            free(file)
            fclose(maps)
        }
        let program = String(cString: file)
        var ranges: [Range<UInt>] = []
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, Int32(line.count), maps) != nil {
            let bytes = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let text = String(decoding: bytes, as: UTF8.self)
            let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" })
            guard words.count == 6, words[1] == "r-xp", words[5] == program else { continue }
            let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            if ends.count == 2, ends[0] < ends[1] { ranges.append(ends[0]..<ends[1]) }
        }
        return ranges
    }
}
