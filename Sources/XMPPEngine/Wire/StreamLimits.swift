/// What a peer may make the parser hold, on every transport.
package struct StreamLimits: Sendable, Equatable {
    /// Bytes of one stanza or other top-level element, as received.
    package var stanzaBytesMax: Int
    /// Elements in one stanza, itself included.
    package var elementsMax: Int
    /// Nesting below the stanza, itself counted as 1.
    package var depthMax: Int
    /// Attributes and namespace declarations of one element.
    package var attributesMax: Int

    package init(
        stanzaBytesMax: Int = 262_144, elementsMax: Int = 16_384, depthMax: Int = 128,
        attributesMax: Int = 128
    ) {
        self.stanzaBytesMax = stanzaBytesMax
        self.elementsMax = elementsMax
        self.depthMax = depthMax
        self.attributesMax = attributesMax
    }

    /// What a peer gets before it has logged in.
    package static let beforeLogin = StreamLimits(
        stanzaBytesMax: 8192, elementsMax: 32, depthMax: 16, attributesMax: 32)
}
