/// What one HTTP client may use of the server, in sizes, counts and times.
package struct HTTPLimits: Sendable, Equatable {
    /// Bytes libmicrohttpd keeps for each connection.
    ///
    /// The request head, what is parsed of it and the response head must fit in: a request head
    /// that leaves no room for the others is refused with 431. Every connection has them, idle or
    /// not, and all listeners of a loop share the size.
    package var connectionMemory = 6144
    /// Connections of one loop.
    package var connectionsMax = 20_000
    /// Connections of one server, over all its loops.
    package var serverConnectionsMax = Int.max
    /// Connections from one IPv4 address or IPv6 /64 network, over all loops of a server; this
    /// machine's own addresses have no limit.
    package var connectionsPerAddressMax = 1000
    /// Whether that limit holds for this machine's own addresses, where a proxy may be.
    package var limitsLoopback = false
    /// Bytes of the request target; longer is refused with 414.
    package var targetBytesMax = 2048
    /// Header fields of one request; more are refused with 431.
    package var fieldsMax = 64
    /// Bytes of a request body, besides what its handler allows; longer is refused with 413.
    package var bodyBytesMax = UInt64.max
    /// Time from accepting a connection to its first complete request head.
    package var headTimeout = Duration.seconds(20)
    /// Time between an answer and the next complete request head.
    package var keepAliveTimeout = Duration.seconds(75)
    /// Time to send or take a body, besides what `bytesPerSecondMin` allows for its size.
    package var bodyTimeout = Duration.seconds(30)
    /// A slower body is cut.
    package var bytesPerSecondMin = 1024

    package init() {}

    /// Room for the response head; libmicrohttpd closes without a word where it does not fit.
    private static let responseHeadBytes = 1024
    /// What libmicrohttpd keeps of each field beside its text.
    private static let fieldBytes = 64

    /// Whether a request head leaves room for its answer.
    func hasRoom(forHead bytes: Int, fields: Int) -> Bool {
        bytes + fields * Self.fieldBytes <= connectionMemory - Self.responseHeadBytes
    }
}
