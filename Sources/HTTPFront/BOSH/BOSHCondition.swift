import XMPPCore

/// Why a session or a request ends (XEP-0124 §17.2).
enum BOSHCondition: String, Sendable, CaseIterable {
    case badRequest = "bad-request"
    case hostGone = "host-gone"
    case hostUnknown = "host-unknown"
    case improperAddressing = "improper-addressing"
    case internalServerError = "internal-server-error"
    case itemNotFound = "item-not-found"
    case otherRequest = "other-request"
    case policyViolation = "policy-violation"
    case remoteConnectionFailed = "remote-connection-failed"
    case remoteStreamError = "remote-stream-error"
    case seeOtherURI = "see-other-uri"
    case systemShutdown = "system-shutdown"
    case undefinedCondition = "undefined-condition"

    /// What a client hears that gave no `ver` and knows no conditions (XEP-0124 §17.1).
    var legacyStatus: HTTPStatus? {
        switch self {
        case .badRequest: .badRequest
        case .policyViolation: .forbidden
        case .itemNotFound: .notFound
        case .hostGone, .hostUnknown, .improperAddressing, .internalServerError, .otherRequest,
            .remoteConnectionFailed, .remoteStreamError, .seeOtherURI, .systemShutdown,
            .undefinedCondition:
            nil
        }
    }

    /// Whether the stream error goes along inside the `<body/>`.
    var carriesError: Bool { self == .remoteStreamError || self == .undefinedCondition }

    /// The condition that says all a stream error has to say; others carry the error inside.
    init(_ error: StreamError) {
        switch error.condition {
        case .notWellFormed: self = .badRequest
        case .systemShutdown: self = .systemShutdown
        case .hostGone: self = .hostGone
        case .remoteConnectionFailed: self = .remoteConnectionFailed
        case .undefinedCondition: self = .undefinedCondition
        default: self = .remoteStreamError
        }
    }
}
