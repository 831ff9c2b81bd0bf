import Glibc

/// What the process uses, as the kernel sees it.
package struct ProcessSample: Hashable, Sendable {
    /// Memory in use, shared pages included, in bytes.
    package var residentBytes = 0
    /// Memory in use, each shared page divided by its users, in bytes; 0 when the kernel hides it.
    package var proportionalBytes = 0
    /// Processor time, user and system, since the process began.
    package var processorTime = Duration.zero
    package var openFiles = 0
    /// The soft limit on open files.
    package var openFilesMax = 0
    /// Memory of the machine or of the control group; 0 when unknown.
    package var machineBytes = 0
    /// How much of it is in use, without caches.
    package var machineUsedBytes = 0

    /// Reads `/proc/self`; a part that cannot be read stays 0.
    package static func now() -> ProcessSample {
        var sample = ProcessSample()
        sample.residentBytes = kibibytes("VmRSS:", in: "/proc/self/status") * 1024
        sample.proportionalBytes = kibibytes("Pss:", in: "/proc/self/smaps_rollup") * 1024
        sample.readProcessorTime()
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            sample.openFilesMax = Int(clamping: limit.rlim_cur)
        }
        sample.openFiles = entries(in: "/proc/self/fd")
        sample.machineBytes = kibibytes("MemTotal:", in: "/proc/meminfo") * 1024
        sample.machineUsedBytes =
            sample.machineBytes - kibibytes("MemAvailable:", in: "/proc/meminfo") * 1024
        sample.readControlGroup("/sys/fs/cgroup")
        return sample
    }

    /// As `now`, but only what is cheap to read: memory and processor time.
    package static func brief() -> ProcessSample {
        var sample = ProcessSample()
        sample.residentBytes = kibibytes("VmRSS:", in: "/proc/self/status") * 1024
        sample.readProcessorTime()
        return sample
    }

    /// A control group with less memory than the machine counts instead of it (version 2).
    mutating func readControlGroup(_ folder: String) {
        guard let limit = Self.number(in: folder + "/memory.max"), limit < machineBytes,
            let used = Self.number(in: folder + "/memory.current")
        else { return }
        let cache = Self.kibibytes("inactive_file", in: folder + "/memory.stat")
        machineBytes = limit
        machineUsedBytes = max(0, used - cache)
    }

    private static func number(in path: String) -> Int? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 64)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        let digits = line.prefix { $0 >= 0x30 && $0 <= 0x39 }.map { UInt8(bitPattern: $0) }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    private mutating func readProcessorTime() {
        var usage = rusage()
        guard getrusage(RUSAGE_SELF.rawValue, &usage) == 0 else { return }
        processorTime = Self.duration(usage.ru_utime) + Self.duration(usage.ru_stime)
    }

    private static func duration(_ time: timeval) -> Duration {
        .seconds(time.tv_sec) + .microseconds(time.tv_usec)
    }

    /// The number behind a label, as in `VmRSS:     1234 kB`; 0 when there is none.
    static func kibibytes(_ label: String, in path: String) -> Int {
        guard let file = fopen(path, "re") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let bytes = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let words = bytes.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A }
            guard words.count >= 2, words[0].elementsEqual(label.utf8) else { continue }
            return Int(String(decoding: words[1], as: UTF8.self)) ?? 0
        }
        return 0
    }

    private static func entries(in path: String) -> Int {
        guard let directory = opendir(path) else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // "." and "..", and the descriptor that reads the directory.
        return max(count - 3, 0)
    }
}
