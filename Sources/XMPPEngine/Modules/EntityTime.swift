import XMPPCore
import XMPPStorage

/// XEP-0202: Entity Time.
struct EntityTime: ServerModule {
    static let manifest = Manifest<EntityTime>(
        name: "mod_time", "Tells the time.",
        implements: [.xep(202, version: "2.0", .complete)],
        features: [.time],
        hooks: [.iq(.time, to: [.host], run: answer)])

    init(_ context: ModuleContext) {}

    private func answer(_ request: IQ) throws(StanzaError) -> IQReply {
        guard !request.isSet else { throw .notAllowed }
        let now = Timestamp.now()
        return .result([
            Element(
                "time", .time,
                children: [
                    Element("tzo", .time, text: "Z"),
                    Element("utc", .time, text: DateTime.text(now)),
                ])
        ])
    }
}
