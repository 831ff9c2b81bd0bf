import Logging
import XMPPConfig
import XMPPCore
import XMPPStorage

/// XEP-0363: HTTP File Upload, the side that gives the slots.
///
/// The files themselves are taken and given out by the web server, which knows of the slots by the
/// store.
struct HTTPUpload: ServerModule {
    static let manifest = Manifest<HTTPUpload>(
        name: "mod_http_upload", "Lets accounts upload files and share them by their address.",
        implements: [.xep(363, version: "1.2.0", .complete)],
        options: [
            hostName, hosts, displayName, access, maxSize, allowedTypes, refusedTypes,
            maxSlots, docroot, putURL, getURL,
            customHeaders, fileMode, dirMode, jidInURL, secretLength, externalSecret,
            removesOnUnregister, thumbnail, vCard, WebModuleOption.corsOrigins,
        ],
        hooks: [
            ModuleHook { module, host, owner in module.attach(to: host, owner: owner) }
        ])

    private static let log = Logger(label: "martlet.upload")
    private static let tidyPause = Duration.seconds(3600)

    private let host: VirtualHost
    private let options: ModuleOptions
    private let settings: @Sendable () -> UploadSettings

    init(_ context: ModuleContext) {
        let (host, options) = (context.host, context.options)
        self.host = host
        self.options = options
        settings = {
            let configured = context.configuration().flatMap {
                UploadSettings(
                    host: host.domain, in: $0, dataDirectory: context.server.dataDirectory)
            }
            return configured
                ?? UploadSettings(
                    host: host.domain, options: options, quota: nil, rules: context.access,
                    dataDirectory: context.server.dataDirectory, address: nil)
        }
    }

    private func attach(to host: VirtualHost, owner: String) {
        var names = options[Self.hosts]
        if names.isEmpty { names = [options[Self.hostName]] }
        for name in names {
            guard let jid = BareJID(name), jid.isDomain else {
                Self.log.error("not a domain to upload at", metadata: ["domain": "\(name)"])
                continue
            }
            let service = HostedService(jid, description, router: host.router)
            service.iqs.attach(owner, .httpUpload, to: .host, .later(answer))
            service.iqs.attach(owner, .vcard, to: .host, .now(card))
            guard host.services.attach(owner, service) else {
                Self.log.error("the domain is taken", metadata: ["domain": "\(name)"])
                continue
            }
        }
        host.hooks.accountRemoved.attach(owner, .deliver) { _ in await tidy() }
        host.jobs.attach(owner, every: Self.tidyPause) { await tidy() }
    }

    private func tidy() async {
        await UploadFiles(settings(), store: host.stores.uploads).tidy(on: host.login.workers)
    }

    /// Identity, features and the largest size (XEP-0363 §3).
    private var description: HostedService.Description {
        let purposes = Upload.Purpose.allCases.map {
            Namespace("\(Namespace.uploadPurpose.name)#\($0.rawValue)")
        }
        var forms: [Element] = []
        if let sizeMax = settings().sizeMax {
            forms = [
                Element(
                    "x", .dataForms, attributes: [("type", "result")],
                    children: [
                        Self.field("FORM_TYPE", Namespace.httpUpload.name, type: "hidden"),
                        Self.field("max-file-size", String(sizeMax)),
                    ])
            ]
        }
        return HostedService.Description(
            identity: .init(category: "store", type: "file", name: options[Self.displayName]),
            features: [.httpUpload, .vcard] + purposes, forms: forms)
    }

    private static func field(_ name: String, _ value: String, type: String? = nil) -> Element {
        Element(
            "field", .dataForms, attributes: [("var", name), ("type", type)],
            children: [Element("value", .dataForms, text: value)])
    }

    // MARK: slots

    private func answer(_ iq: IQ) async throws(StanzaError) -> IQReply {
        guard !iq.isSet else { throw .badRequest }
        let settings = settings()
        guard settings.mayUpload(iq.from) else {
            throw StanzaError(.forbidden, "files may not be uploaded from this address")
        }
        let request = try SlotRequest(iq.request)
        if let sizeMax = settings.sizeMax, request.size > sizeMax {
            return SlotRefusal.fileTooLarge(sizeMax).reply(to: iq)
        }
        guard request.size <= SlotRequest.sizeMax else {
            return SlotRefusal.fileTooLarge(SlotRequest.sizeMax).reply(to: iq)
        }
        guard settings.types.accept(request.contentType) else {
            throw StanzaError(.notAcceptable, settings.types.explanation)
        }
        let now = Timestamp.now()
        if let end = request.expiresAt, end <= now {
            throw StanzaError(.badRequest, "expire-before lies in the past")
        }
        guard
            let slot = UploadSlot(
                request, for: iq.from.bare, settings, now: now, random: SecureRandom.bytes)
        else {
            Self.log.warning(
                "no listener has mod_http_upload, and put_url is not set",
                metadata: ["host": "\(host.domain)"])
            throw .serviceUnavailable
        }
        guard settings.externalSecret == nil else { return .result([slot.element]) }
        return try await open(slot, for: iq, settings, now: now)
    }

    private func open(
        _ slot: UploadSlot, for iq: IQ, _ settings: UploadSettings, now: Timestamp
    ) async throws(StanzaError) -> IQReply {
        let quota = settings.quota(of: slot.upload.owner)
        let admission: UploadAdmission
        do {
            admission = try await host.stores.uploads.open(
                slot.upload, quota: quota, slotsMax: settings.slotsMax, now: now)
        } catch {
            throw StanzaError(.resourceConstraint, "the slot could not be kept")
        }
        switch admission {
        case .opened:
            return .result([slot.element])
        case .tooManySlots(let end):
            return SlotRefusal.tooManySlots(settings.slotsMax, until: end).reply(to: iq)
        case .noRoom(let end):
            return SlotRefusal.quota(quota.hardBytes ?? 0, until: end).reply(to: iq)
        }
    }

    // MARK: vCard

    private func card(_ iq: IQ) throws(StanzaError) -> IQReply {
        guard !iq.isSet else { throw .forbidden }
        guard iq.request.name == "vCard" else { throw .badRequest }
        if let configured = options[Self.vCard] {
            return .result([ServiceCard.element(configured)])
        }
        return .result([
            Element(
                "vCard", .vcard,
                children: [Element("FN", .vcard, text: options[Self.displayName])])
        ])
    }
}
