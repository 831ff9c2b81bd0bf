import Testing

@testable import XMPPEngine

@Suite("Base 64 · RFC 4648")
struct Base64Tests {
    @Test(
        "§10: the test vectors, both ways",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
        ])
    func vectors(plain: String, encoded: String) {
        #expect(Base64.encode(plain.utf8) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
    }

    @Test("every byte value survives, at every length modulo 3")
    func everyByte() {
        for count in 254...256 {
            let bytes = (0..<count).map { UInt8($0) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    @Test("§4: the last two digits are plus and slash")
    func lastDigits() {
        #expect(Base64.encode([0xFB, 0xEF, 0xFF]) == "++//")
        #expect(Base64.decode("++//") == [0xFB, 0xEF, 0xFF])
    }

    @Test(
        "§3: what is not base 64 is refused",
        arguments: [
            "Z", "Zg", "Zm8", "Zg=", "Zg===", "=", "==", "====", "Z===", "=Zg=", "Zg=a", "Z=g=",
            "Zm9v=", "Zm9vZg", "Zg==Zg==", "Zm9v\n", "Zm 9", " Zm9v", "Zm9v Zg=", "Zm-_", "Zm9é",
            "Zh==", "Zm9=", "\u{0}\u{0}\u{0}\u{0}",
        ])
    func refused(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
