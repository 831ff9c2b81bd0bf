/// placeholder
package final class AccessLog: Sendable {
    func write(_ exchange: Exchange) {}
}
