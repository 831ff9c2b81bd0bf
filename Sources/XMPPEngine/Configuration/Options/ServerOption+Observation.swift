extension ServerOption {
    static let observation: [any OptionDeclaration] = [memoryWatermark, queueWatermark]

    package static let memoryWatermark = Option<Int>(
        "oom_watermark", default: 80, in: 1...99, scope: .server, takesEffect: .onRestart,
        "Percent of the machine's memory (or the control group's) in use that raise an alarm.")

    package static let queueWatermark = Option<Int>(
        "oom_queue", default: 10_000, in: 1...1_000_000, scope: .server,
        takesEffect: .onRestart,
        "How many stanzas or calls may wait in one queue of the server before an alarm is raised.")
}
