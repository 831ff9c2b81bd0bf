import Glibc
import Logging

/// `fuzz TARGET [libFuzzer arguments]`: feeds one of the readers with what libFuzzer thinks of.
typealias Target = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ target: Target
) -> CInt

let targets: [String: Target] = [
    "bosh": { bytes, count in
        BOSHTarget.run(Input(start: bytes, count: count))
        return 0
    },
    "poll": { bytes, count in
        PollTarget.run(Input(start: bytes, count: count))
        return 0
    },
    "websocket": { bytes, count in
        WebSocketTarget.run(Input(start: bytes, count: count))
        return 0
    },
    "upload": { bytes, count in
        UploadTarget.run(Input(start: bytes, count: count))
        return 0
    },
    "stream": { bytes, count in
        StreamTarget.run(Input(start: bytes, count: count))
        return 0
    },
]

guard CommandLine.argc > 1, let target = targets[CommandLine.arguments[1]] else {
    let names = targets.keys.sorted().joined(separator: " | ")
    print("usage: fuzz \(names) [libFuzzer arguments]")
    exit(2)
}
LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
// The name of the target is not for libFuzzer.
var arguments = CommandLine.unsafeArgv
arguments[1] = arguments[0]
arguments += 1
var count = CommandLine.argc - 1
exit(runDriver(&count, &arguments, target))
