import XMPPCore
import XMPPStorage

/// A slot in the making: its names and its addresses.
struct UploadSlot {
    /// How long an upload may wait to begin.
    static let lifetime = Duration.seconds(18_000)

    let upload: Upload
    let putURL: String
    let getURL: String

    /// Makes a slot; `nil` when nothing serves files.
    init?(
        _ request: SlotRequest, for owner: BareJID, _ settings: UploadSettings, now: Timestamp,
        random: (Int) -> [UInt8]
    ) {
        guard let put = settings.putURL, let get = settings.getURL else { return nil }
        upload = Upload(
            id: Self.secret(settings.secretLength, random), owner: owner, host: settings.host,
            folder: Self.folder(of: owner, settings.folderName),
            name: UploadName.safe(request.filename), size: request.size,
            contentType: request.contentType?.text, purpose: request.purpose,
            slotEndsAt: now.advanced(by: Self.lifetime), expiresAt: request.expiresAt)
        let steps = [upload.folder, upload.id, upload.name]
        let encoded = steps.map(UploadName.encoded).joined(separator: "/")
        getURL = get + "/" + encoded
        guard let secret = settings.externalSecret else {
            putURL = put + "/" + encoded
            return
        }
        // The outside service checks path and size by this code.
        let message = steps.joined(separator: "/") + " \(request.size)"
        let code = HashFunction.sha256.authenticationCode(
            of: Array(message.utf8), key: Array(secret.utf8))
        putURL = put + "/" + encoded + "?v=" + code.hexadecimal
    }

    private static func folder(of owner: BareJID, _ name: UploadFolderName) -> String {
        switch name {
        case .sha1: HashFunction.sha1.digest(of: Array(owner.text.utf8)).hexadecimal
        case .node: UploadName.safe(owner.localpart ?? owner.domainpart)
        }
    }

    /// Letters and digits, each as likely as the others.
    private static func secret(_ length: Int, _ random: (Int) -> [UInt8]) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
        var secret: [UInt8] = []
        while secret.count < length {
            // 248 is four times 62: beyond it some letters would come more often.
            secret += random(length).filter { $0 < 248 }.map { letters[Int($0) % letters.count] }
        }
        return String(decoding: secret.prefix(length), as: UTF8.self)
    }

    /// `<slot/>` (XEP-0363 §4).
    var element: Element {
        Element(
            "slot", .httpUpload,
            children: [
                Element("put", .httpUpload, attributes: [("url", putURL)]),
                Element("get", .httpUpload, attributes: [("url", getURL)]),
            ])
    }
}

extension [UInt8] {
    /// Two lower-case digits a byte.
    fileprivate var hexadecimal: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
