import CLibXML2
import Glibc

/// The door to libxml2: its handlers call one method of the parser each.
enum LibXML {
    static func initialize() { _ = initialized }

    private static let initialized: Bool = {
        xmlInitParser()
        return true
    }()

    static func isUTF8(_ encoding: UnsafePointer<UInt8>) -> Bool {
        UnsafeRawPointer(encoding).withMemoryRebound(to: CChar.self, capacity: 1) {
            strcasecmp($0, "UTF-8") == 0
        }
    }

    private static func parser(_ user: UnsafeMutableRawPointer?) -> StreamParser? {
        guard let user else { return nil }
        return Unmanaged<StreamParser>.fromOpaque(user).takeUnretainedValue()
    }

    /// SAX2 with namespaces; no tree, no external anything.
    static var handlers: xmlSAXHandler {
        var handlers = xmlSAXHandler()
        handlers.initialized = UInt32(XML_SAX2_MAGIC)
        handlers.startElementNs = {
            user, localName, prefix, namespace, declarations, namespaces, attributes, _, fields in
            guard let localName, let parser = LibXML.parser(user) else { return }
            parser.startElement(
                StartTag(
                    localName: localName, prefix: prefix, namespace: namespace,
                    declarations: Int(declarations), namespaces: namespaces,
                    attributes: Int(attributes), attributeFields: fields))
        }
        handlers.endElementNs = { user, _, _, _ in LibXML.parser(user)?.endElement() }
        handlers.characters = { user, bytes, count in
            guard let bytes, count > 0 else { return }
            LibXML.parser(user)?.characters(bytes, count: Int(count))
        }
        handlers.cdataBlock = handlers.characters
        handlers.ignorableWhitespace = handlers.characters
        handlers.comment = { user, _ in LibXML.parser(user)?.restricted() }
        handlers.processingInstruction = { user, _, _ in LibXML.parser(user)?.restricted() }
        handlers.internalSubset = { user, _, _, _ in LibXML.parser(user)?.restricted() }
        handlers.reference = { user, _ in LibXML.parser(user)?.restricted() }
        handlers.serror = { user, error in
            guard let error, error.pointee.level.rawValue >= XML_ERR_ERROR.rawValue else { return }
            // The same code stands for a bad character and for bytes that are no character.
            let isEncoding = error.pointee.message.map {
                strncmp($0, "Input is not proper", 19) == 0
            }
            LibXML.parser(user)?.libraryReported(
                xmlParserErrors(UInt32(bitPattern: error.pointee.code)),
                isEncoding: isEncoding ?? false)
        }
        return handlers
    }
}
