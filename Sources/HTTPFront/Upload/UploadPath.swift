/// The path of an uploaded file below its mount: `/FOLDER/ID/NAME`.
struct UploadPath: Equatable {
    let folder: String
    let id: String
    let name: String

    /// `nil` for what cannot be the path of a file.
    init?(_ path: String) {
        // By bytes: a slash and a combining mark after it are one character.
        let steps = path.utf8.split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard steps.count == 4, steps[0].isEmpty, steps.dropFirst().allSatisfy({ !$0.isEmpty }),
            (8...128).contains(steps[2].count), steps[2].allSatisfy(Self.isLetterOrDigit)
        else { return nil }
        folder = String(Substring(steps[1]))
        id = String(Substring(steps[2]))
        name = String(Substring(steps[3]))
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: false
        }
    }
}
