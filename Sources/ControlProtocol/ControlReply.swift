/// The answer to one request on the control socket: one line of JSON.
///
/// A request is one line too: `{"command": NAME, "arguments": {…} or […]}`; the arguments may be
/// left out. The name `commands` asks for the declarations of all commands.
package struct ControlReply: Hashable, Sendable {
    /// How a request ended; the names are those on the wire.
    package enum Outcome: String, Sendable {
        case ok
        /// The command ran, or could have, and failed.
        case failed
        /// The request names no command or has wrong arguments.
        case usage
    }

    package let outcome: Outcome
    /// What to show a person: the result, or the error.
    package let text: String
    /// What to give a program; `null` for an error.
    package let result: JSONValue
    /// The code of a command that returned one; 0 is success.
    package let code: Int

    /// A reply of all its parts.
    package init(_ outcome: Outcome, text: String, result: JSONValue = nil, code: Int = 0) {
        self.outcome = outcome
        self.text = text
        self.result = result
        self.code = code
    }

    /// Reads a reply; `nil` when it is not one.
    package init?(_ json: JSONValue) {
        guard let isOK = json["ok"]?.bool else { return nil }
        if isOK {
            self.init(
                .ok, text: json["text"]?.string ?? "", result: json["result"] ?? nil,
                code: json["code"]?.int ?? 0)
        } else {
            let outcome = json["reason"]?.string.flatMap(Outcome.init(rawValue:)) ?? .failed
            self.init(outcome, text: json["error"]?.string ?? "", code: json["code"]?.int ?? 1)
        }
    }

    /// The reply as it goes over the socket.
    package var json: JSONValue {
        switch outcome {
        case .ok:
            ["ok": true, "text": .string(text), "result": result, "code": .int(code)]
        case .failed, .usage:
            [
                "ok": false, "reason": .string(outcome.rawValue), "error": .string(text),
                "code": .int(code),
            ]
        }
    }
}
