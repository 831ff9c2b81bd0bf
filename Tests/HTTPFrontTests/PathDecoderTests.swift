import Testing

@testable import HTTPFront

@Suite("Path decoding · RFC 3986 §3.3")
struct PathDecoderTests {
    @Test(
        "good paths",
        arguments: [
            ("/", "/"), ("/a/b", "/a/b"), ("/a/", "/a/"), ("/a%20b", "/a b"),
            ("/%c3%a9", "/é"), ("/a..b/.c", "/a..b/.c"), ("/...", "/..."), ("/%25", "/%"),
        ])
    func decodes(path: String, decoded: String) {
        #expect(PathDecoder.decode(path[...]) == decoded)
    }

    @Test(
        "bad paths",
        arguments: [
            "/..", "/../x", "/a/../b", "/a/..", "/.", "/./a", "/%2e%2e/x", "/.%2E/x", "/a/%2e",
            "/a%2fb", "/a%2Fb", "/a%5cb", "/a%00", "/a%0a", "/a%7f", "/%", "/%4", "/%zz", "/%ff",
            "/%c3", "/%c0%ae%c0%ae/", "//a", "/a//b", "/a//",
        ])
    func refuses(path: String) {
        #expect(PathDecoder.decode(path[...]) == nil)
    }
}
