import XMPPCore

/// What clients keep for themselves (XEP-0049).
package protocol PrivateStorageStore: Sendable {
    /// Replaces elements, all or none.
    ///
    /// - Parameters:
    ///   - elements: A later one of the same name and namespace wins.
    ///   - account: Whose storage.
    ///   - elementsMax: Most elements an account may keep.
    /// - Returns: `false`, with nothing changed, when there would be more than `elementsMax`.
    /// - Throws: `.unavailable`, `.overloaded` and what else befalls any call.
    func store(_ elements: [PrivateElement], of account: BareJID, elementsMax: Int)
        async throws(StorageError) -> Bool

    /// Canonical bytes of the element, or `nil` when there is none.
    func element(named name: String, in namespace: String, of account: BareJID)
        async throws(StorageError) -> [UInt8]?

    /// All elements in the order of namespace and name.
    func elements(of account: BareJID) async throws(StorageError) -> [PrivateElement]

    /// Removes one element; returns `false` when there was none.
    func removeElement(named name: String, in namespace: String, of account: BareJID)
        async throws(StorageError) -> Bool
}

/// An element in private storage.
package struct PrivateElement: Equatable, Sendable {
    /// Local name of the element.
    package let name: String
    /// Namespace of the element.
    package let namespace: String
    /// Canonical bytes of the whole element.
    package let content: [UInt8]

    /// Makes an element from its canonical bytes.
    package init(name: String, namespace: String, content: [UInt8]) {
        self.name = name
        self.namespace = namespace
        self.content = content
    }
}
