import ControlProtocol
import XMPPEngine

/// How OpenAPI describes the feeds of events.
enum OpenAPIEvents {
    static let item: JSONValue = [
        "get": [
            "operationId": "events",
            "summary": "Tells what happens as it happens, without end (server-sent events).",
            "tags": [.string(CommandTag.events.name)],
            "parameters": [feeds, lastID],
            "responses": [
                "200": [
                    "description": """
                    Events with `id`, `event` (the feed) and `data` (JSON with id, time in \
                    milliseconds, kind, event and what belongs to it). An event `lost` comes \
                    first when not all that was missed could be sent again.
                    """,
                    "content": ["text/event-stream": ["schema": ["type": "string"]]],
                ],
                "400": reference(400), "401": reference(401), "403": reference(403),
                "405": reference(405), "429": reference(429), "503": reference(503),
            ],
        ]
    ]

    private static let feeds: JSONValue = [
        "name": "feeds", "in": "query", "required": false, "style": "form", "explode": false,
        "description": "What to tell of; everything when left out.",
        "schema": [
            "type": "array", "minItems": 1,
            "items": [
                "type": "string",
                "enum": .array(ServerEvent.Kind.allCases.map { .string($0.rawValue) }),
            ],
        ],
    ]

    private static let lastID: JSONValue = [
        "name": "Last-Event-ID", "in": "header", "required": false,
        "description": "The last event seen: later ones that are kept come first.",
        "schema": ["type": "integer", "minimum": 0],
    ]

    private static func reference(_ status: Int) -> JSONValue {
        ["$ref": .string("#/components/responses/\(status)")]
    }
}
