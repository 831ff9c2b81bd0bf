import ControlProtocol
import Logging
import Synchronization
import XMPPEngine

/// Runs the server's commands for HTTP clients, with JSON in and out.
final class APIHandler: HTTPHandler {
    let server: Server
    private let prefix: String
    let settings: APISettings
    let gate: APIGate
    let activity: APIActivity
    private static let log = Logger(label: "martlet.http.api")

    init(server: Server, prefix: String, settings: APISettings, activity: APIActivity) {
        self.activity = activity
        self.server = server
        self.prefix = prefix
        self.settings = settings
        gate = APIGate(server: server)
    }

    /// All of them: an address says by itself which it takes, in the API's own words.
    var methods: [HTTPMethod] {
        [.get, .head, .post, .put, .delete, .patch, .options, HTTPMethod("TRACE")]
    }

    func intake(_ exchange: Exchange) -> BodyIntake {
        // A longer body that is announced is refused by the handler, in JSON.
        let limit = UInt64(settings.bodyBytesMax)
        return .stream(bytesMax: max(limit, exchange.declaredBodyBytes ?? limit))
    }

    func handle(_ exchange: Exchange) {
        let route = APIRoute(
            exchange.subpath, in: server.commands, defaultVersion: settings.defaultVersion)
        do throws(APIError) {
            switch route {
            case .nothing: throw .noSuchPlace
            case .document: try document(exchange)
            case .events: try watch(exchange)
            case .command(let command): try receive(command, exchange)
            }
        } catch {
            exchange.respond(error)
        }
    }

    // MARK: the description

    private func document(_ exchange: Exchange) throws(APIError) {
        guard try isWanted(exchange, [.get, .head]) else { return }
        let document = OpenAPIDocument(
            commands: server.commands.allVersions, prefix: prefix,
            version: server.environment.version)
        exchange.respond(.ok, json: document.json)
    }

    /// Whether the method is one of these; `OPTIONS` is answered here.
    func isWanted(
        _ exchange: Exchange, _ methods: [HTTPMethod]
    ) throws(APIError) -> Bool {
        if exchange.method == .options {
            exchange.respond(.noContent, fields: [APIError.allow(methods)])
            return false
        }
        guard methods.contains(exchange.method) else { throw .methodNotAllowed(methods) }
        return true
    }

    // MARK: a call

    private func receive(_ command: Command, _ exchange: Exchange) throws(APIError) {
        guard try isWanted(exchange, command.methods) else { return }
        let visitor = APIGate.Visitor(exchange, hosts: server.hosts)
        guard exchange.method == .post else {
            guard exchange.declaredBodyBytes == 0 else {
                throw APIError(.badRequest, "a request with this method has no body")
            }
            let query = exchange.query
            exchange.readBody({ $0.count }) { [self] in
                start(command, .init(visitor: visitor, input: .query(query)), exchange)
            }
            return
        }
        try checkHead(exchange)
        let body = BodyBuffer(bytesMax: settings.bodyBytesMax)
        exchange.readBody({ body.take($0) }) { [self] in
            start(command, .init(visitor: visitor, input: .body(body.bytes)), exchange)
        }
    }

    /// Only JSON is read: what a form of another site can send has another type.
    private func checkHead(_ exchange: Exchange) throws(APIError) {
        let type = exchange.field("Content-Type").map { value in
            value.prefix { $0 != ";" }.split(separator: " ").joined().lowercased()
        }
        guard type == "application/json" else {
            throw APIError(.unsupportedMediaType, "the body must be application/json")
        }
        guard exchange.query == nil else {
            throw APIError(.badRequest, "arguments go into the body, not into the address")
        }
        guard exchange.declaredBodyBytes ?? 0 <= settings.bodyBytesMax else {
            throw APIError(
                .contentTooLarge, "a body has at most \(settings.bodyBytesMax) bytes")
        }
    }

    private struct Call: Sendable {
        enum Input {
            case query(String?)
            case body([UInt8])
        }

        let visitor: APIGate.Visitor
        let input: Input
    }

    private func start(_ command: Command, _ call: Call, _ exchange: Exchange) {
        guard activity.calls.wrappingAdd(1, ordering: .relaxed).newValue <= settings.callsMax
        else {
            activity.calls.wrappingSubtract(1, ordering: .relaxed)
            return exchange.respond(.later("too many commands run already", seconds: 1))
        }
        exchange.hold()
        let held = HeldExchange(exchange)
        let limit = Task { [settings] in
            try await Task.sleep(for: settings.commandTime)
            held.onLoop { $0.respond(.later("\(command.name) has not ended yet", seconds: 60)) }
        }
        Task { [self] in
            let answer = await answer(to: call, command)
            limit.cancel()
            activity.calls.wrappingSubtract(1, ordering: .relaxed)
            held.onLoop { exchange in
                switch answer {
                case .success(let result): exchange.respond(.ok, json: result)
                case .failure(let error): exchange.respond(error)
                }
            }
        }
    }

    private func answer(
        to call: Call, _ command: Command
    ) async -> Result<JSONValue, APIError> {
        do throws(APIError) {
            let guest = try await gate.guest(call.visitor)
            try gate.admit(guest, to: command.name, tag: command.tag)
            return .success(try await run(command, call, as: guest.caller))
        } catch {
            return .failure(error)
        }
    }

    private func run(
        _ command: Command, _ call: Call, as caller: CommandCaller
    ) async throws(APIError) -> JSONValue {
        let arguments: JSONValue
        switch call.input {
        case .query(let query):
            arguments = try APIQuery.arguments(query, for: command.arguments)
        case .body(let bytes):
            arguments = try parse(bytes)
        }
        do throws(CommandError) {
            let typing: CommandArgument.Typing =
                if case .query = call.input { .textual } else { .strict }
            return try await server.commands.run(command, arguments, typing: typing, as: caller)
                .json
        } catch {
            if error.kind == .failed {
                Self.log.error(
                    "a command failed",
                    metadata: ["command": "\(command.name)", "error": "\(error.text)"])
            }
            throw APIError(error)
        }
    }

    private func parse(_ bytes: [UInt8]) throws(APIError) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue.parse(bytes, bytesMax: settings.bodyBytesMax)
        } catch {
            throw APIError(.badRequest, "the body is not JSON: \(error)")
        }
    }
}

/// Collects a body up to a limit, which the exchange holds to as well.
private final class BodyBuffer {
    private(set) var bytes: [UInt8] = []
    private let bytesMax: Int

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    func take(_ chunk: UnsafeRawBufferPointer) -> Int {
        bytes.append(contentsOf: chunk.prefix(max(0, bytesMax - bytes.count)))
        return chunk.count
    }
}
