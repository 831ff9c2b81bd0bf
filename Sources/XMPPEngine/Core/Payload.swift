/// What a stanza carries: its child elements as canonical XML, ready to be written.
///
/// Canonical means: no prefixes on elements; `xmlns` only where the namespace differs from the
/// parent's; top-level children in the stream's content namespace carry none, so the same bytes
/// are right on client, server and component streams.
package struct Payload: Sendable, Equatable {
    /// Name and place of one top-level child.
    package struct Child: Sendable, Equatable {
        package let name: String
        /// The content namespace of any stream reads as `jabber:client`.
        package let namespace: Namespace
        package let range: Range<Int>

        package func `is`(_ name: String, _ namespace: Namespace) -> Bool {
            self.name == name && self.namespace == namespace
        }
    }

    package let bytes: [UInt8]
    package let children: [Child]

    package static let empty = Payload(bytes: [], children: [])

    init(bytes: [UInt8], children: [Child]) {
        self.bytes = bytes
        self.children = children
    }

    package init(_ elements: [Element]) {
        var writer = CanonicalWriter()
        var children: [Child] = []
        children.reserveCapacity(elements.count)
        for element in elements {
            let start = writer.bytes.count
            writer.write(element, parent: .client)
            children.append(
                Child(
                    name: element.name, namespace: element.namespace,
                    range: start..<writer.bytes.count))
        }
        self.init(bytes: writer.bytes, children: children)
    }

    /// Reads canonical bytes that this type wrote earlier (from a store).
    package init?(canonical bytes: [UInt8]) {
        guard let elements = CanonicalReader.elements(in: bytes) else { return nil }
        self.init(elements)
    }

    package var isEmpty: Bool { bytes.isEmpty }

    /// The children as trees, decoded on each call.
    package var elements: [Element] {
        CanonicalReader.elements(in: bytes) ?? []
    }

    package func contains(_ name: String, _ namespace: Namespace) -> Bool {
        children.contains { $0.is(name, namespace) }
    }

    /// The first child with this name, as a tree.
    package func first(_ name: String, _ namespace: Namespace) -> Element? {
        guard let child = children.first(where: { $0.is(name, namespace) }) else { return nil }
        return CanonicalReader.elements(in: Array(bytes[child.range]))?.first
    }

    package func appending(_ element: Element) -> Payload {
        var writer = CanonicalWriter(bytes: bytes)
        writer.write(element, parent: .client)
        let child = Child(
            name: element.name, namespace: element.namespace,
            range: bytes.count..<writer.bytes.count)
        return Payload(bytes: writer.bytes, children: children + [child])
    }

    /// Without the children that the predicate names.
    package func removing(where isUnwanted: (Child) -> Bool) -> Payload {
        guard children.contains(where: isUnwanted) else { return self }
        var kept: [Child] = []
        var bytes: [UInt8] = []
        for child in children where !isUnwanted(child) {
            let start = bytes.count
            bytes += self.bytes[child.range]
            kept.append(
                Child(name: child.name, namespace: child.namespace, range: start..<bytes.count))
        }
        return Payload(bytes: bytes, children: kept)
    }
}
