import Testing

@testable import XMPPConfig
@testable import XMPPEngine

@Suite("Types of files that are taken · allowed_content_types, refused_content_types")
struct UploadTypesTests {
    private func ranges(_ texts: String...) throws -> [MediaRange] {
        try texts.map { try #require(MediaRange($0), "\($0)") }
    }

    @Test(
        "A type, or all with its first part",
        arguments: [
            "image/png", "image/*", "IMAGE/SVG+XML", "application/vnd.ms-excel", "x-a/x.b-c",
        ])
    func reads(text: String) {
        #expect(MediaRange(text)?.text == text.lowercased())
    }

    @Test(
        "What is no such pattern",
        arguments: [
            "", "*", "*/*", "*/png", "image", "image/", "/png", "image/p*", "im*ge/png", "image/**",
            "image/png; q=1", "image/png ", "image/png/x", "image/p ng", "image/*/x", "bild/ä",
        ])
    func refuses(text: String) {
        #expect(MediaRange(text) == nil)
    }

    private func accepts(_ types: UploadTypes, _ type: String?) throws -> Bool {
        types.accept(try type.map { try #require(MediaType($0)) })
    }

    @Test("Without options every type is taken, and none")
    func usual() throws {
        for type in ["image/png", "text/html", nil] {
            #expect(try accepts(UploadTypes(), type))
        }
    }

    @Test("Only what is allowed, whatever its case and parameters")
    func allowed() throws {
        let types = UploadTypes(allowed: try ranges("image/*", "text/plain"))
        for type in ["image/png", "IMAGE/GIF", "image/svg+xml; a=b", "text/plain; charset=utf-8"] {
            #expect(try accepts(types, type), "\(type)")
        }
        for type in ["text/html", "imagex/png", "text/plainer", "video/mp4", nil] {
            #expect(try !accepts(types, type), "\(type ?? "-")")
        }
    }

    @Test("An empty list allows nothing; what is refused is so although allowed")
    func refused() throws {
        #expect(try !accepts(UploadTypes(allowed: []), "image/png"))
        let types = UploadTypes(
            allowed: try ranges("image/*"), refused: try ranges("image/svg+xml"))
        #expect(try accepts(types, "image/png"))
        #expect(try !accepts(types, "Image/SVG+xml; a=b"))
    }

    @Test("A file of no type counts as bytes of some kind (XEP-0363 §7)")
    func untyped() throws {
        #expect(
            try accepts(
                UploadTypes(allowed: try ranges("application/octet-stream")), nil))
        #expect(
            try !accepts(UploadTypes(refused: try ranges("application/*")), nil))
    }
}
