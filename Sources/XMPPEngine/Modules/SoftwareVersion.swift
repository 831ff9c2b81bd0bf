import XMPPConfig
import XMPPCore

/// XEP-0092: Software Version.
struct SoftwareVersion: ServerModule {
    static let showOS = Option<Bool>(
        "show_os", default: true, "Whether the operating system is named too.")

    static let manifest = Manifest<SoftwareVersion>(
        name: "mod_version", "Says which server this is.",
        implements: [.xep(92, version: "1.1", .complete)],
        features: [.version],
        options: [showOS],
        hooks: [.iq(.version, to: [.host], run: answer)])

    private let query: Element

    init(_ context: ModuleContext) {
        var children = [
            Element("name", .version, text: "Martlet"),
            Element("version", .version, text: context.server.version),
        ]
        if context.options[Self.showOS] {
            children.append(Element("os", .version, text: OperatingSystem.summary))
        }
        query = Element("query", .version, children: children)
    }

    private func answer(_ request: IQ) throws(StanzaError) -> IQReply {
        guard !request.isSet else { throw .notAllowed }
        guard request.request.name == "query" else { throw .badRequest }
        return .result([query])
    }
}
