/// Who speaks over a WebSocket connection; called on its loop only.
package protocol WebSocketUser: AnyObject {
    /// The largest message that may come now, in bytes.
    var messageBytesMax: Int { get }
    /// Whether the next message must wait.
    var isBusy: Bool { get }
    /// Whether it is known who the client is, so that much may wait for it.
    var isKnown: Bool { get }
    /// Bytes came in, of whatever.
    func took(_ bytes: Int)
    /// A message came; the bytes are there during the call, and are UTF-8 when it is text.
    func received(_ message: UnsafeRawBufferPointer, isText: Bool)
    /// A message is too large. What the user sends now is the last thing the client hears.
    func refusesSize()
    /// More waits for the client than it may; the user closes.
    func overflowed()
    /// The client has taken nothing of what waits for too long; the user closes.
    func stalled()
    /// Nothing can be sent any more.
    func lost()
    /// After `lost`: a message that the connection has not taken whole.
    func unsent(_ message: UnsafeRawBufferPointer)
    /// After `lost` and the last `unsent`: the connection is closed.
    func ended()
    /// The server stops; the user closes.
    func serverStops()
}
