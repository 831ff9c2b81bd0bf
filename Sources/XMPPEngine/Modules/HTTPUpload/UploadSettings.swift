import XMPPConfig
import XMPPCore
import XMPPStorage

/// What one host was told of uploads, by `mod_http_upload` and `mod_http_upload_quota`.
package struct UploadSettings: Sendable {
    package let host: String
    /// Largest file in bytes; `nil` for no limit.
    package let sizeMax: Int64?
    /// The types of files that are taken.
    package let types: UploadTypes
    /// Most slots that an account may have open.
    let slotsMax: Int
    /// The folder that files are kept in.
    package let folder: String
    package let fileMode: UInt32
    package let folderMode: UInt32
    /// Where files are sent to and had from, without a slash at the end; `nil` when nothing serves.
    let putURL: String?
    let getURL: String?
    package let customHeaders: [String: String]
    let folderName: UploadFolderName
    let secretLength: Int
    /// The key of an outside service that takes the files; `nil` when we do.
    let externalSecret: String?
    private let access: RuleReference?
    private let rules: AccessControl
    private let removesWithAccount: Bool
    private let quotaRules: (soft: String, hard: String)?
    private let keptFor: Duration?

    /// What a configuration says of a host; `nil` when it has no uploads.
    package init?(host: String, in configuration: Configuration, dataDirectory: String) {
        guard let modules = configuration.host(host)?.modules,
            let options = modules["mod_http_upload"]
        else { return nil }
        self.init(
            host: host, options: options, quota: modules["mod_http_upload_quota"],
            rules: configuration.access, dataDirectory: dataDirectory,
            address: configuration.publicWebAddress(of: ["mod_http_upload"])?.text(host: host))
    }

    /// Reads the options of both modules.
    ///
    /// `address` is where the web server has the files, when no option says so.
    package init(
        host: String, options: ModuleOptions, quota: ModuleOptions?, rules: AccessControl,
        dataDirectory: String, address: String?
    ) {
        self.host = host
        self.rules = rules
        sizeMax = options[HTTPUpload.maxSize].bound.map { Int64($0.bytes) }
        types = UploadTypes(
            allowed: options[HTTPUpload.allowedTypes], refused: options[HTTPUpload.refusedTypes])
        slotsMax = options[HTTPUpload.maxSlots]
        let path = options[HTTPUpload.docroot]
        folder = path.hasPrefix("/") ? path : dataDirectory + "/" + path
        fileMode = options[HTTPUpload.fileMode].flatMap { UInt32($0, radix: 8) } ?? 0o640
        folderMode = options[HTTPUpload.dirMode].flatMap { UInt32($0, radix: 8) } ?? 0o750
        putURL = (options[HTTPUpload.putURL] ?? address).map(Self.withoutSlash)
        getURL = (options[HTTPUpload.getURL] ?? putURL).map(Self.withoutSlash)
        customHeaders = options[HTTPUpload.customHeaders]
        folderName = options[HTTPUpload.jidInURL]
        secretLength = options[HTTPUpload.secretLength]
        externalSecret = options[HTTPUpload.externalSecret].flatMap { $0.isEmpty ? nil : $0 }
        access = options[HTTPUpload.access]
        removesWithAccount = options[HTTPUpload.removesOnUnregister]
        quotaRules = quota.map {
            ($0[HTTPUploadQuota.softQuota], $0[HTTPUploadQuota.hardQuota])
        }
        keptFor = quota?[HTTPUploadQuota.maxDays].bound.map { .seconds(Int64($0) * 86_400) }
    }

    private static func withoutSlash(_ text: String) -> String {
        var text = text
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }

    /// Without a rule, whoever has an account on this server.
    func mayUpload(_ jid: JID) -> Bool {
        guard let access else {
            return !jid.bare.isDomain && rules.servedHosts.contains(jid.bare.domainpart)
        }
        return rules.decision(rule: access, for: AccessSubject(jid: jid), host: host)
    }

    /// What the rules say for an account, in mebibytes; no word is no limit.
    package func quota(of account: BareJID) -> UploadQuota {
        guard let quotaRules else { return .none }
        func bytes(_ rule: String) -> Int64? {
            let number = rules.number(
                shaperRule: rule, for: AccessSubject(account), host: host)?.bound
            guard let number, number > 0 else { return nil }
            return Int64(min(number, Int(SlotRequest.sizeMax >> 20))) << 20
        }
        return UploadQuota(softBytes: bytes(quotaRules.soft), hardBytes: bytes(quotaRules.hard))
    }

    /// What is to go at a moment.
    func removal(now: Timestamp) -> UploadRemoval {
        UploadRemoval(
            now: now, storedBefore: keptFor.map { now.advanced(by: .zero - $0) },
            takesOrphans: removesWithAccount)
    }
}

/// What stands for the owner in the addresses of files.
package enum UploadFolderName: String, OptionKeyword {
    /// A hash of the bare JID.
    case sha1
    /// The localpart.
    case node
}
