import Testing

@testable import HTTPFront

@Suite("Folders by path")
struct HostedFilesTests {
    /// The example of ejabberd's documentation: one map for several mounts.
    private let several = [
        "/pub/content": "/var/service/www", "/share": "/usr/share/javascript", "/": "/var/www",
    ]

    @Test(
        "Each mount has the folder of its path",
        arguments: [
            ("/pub/content", "/var/service/www"), ("/share", "/usr/share/javascript"),
        ])
    func ownFolder(mount: String, folder: String) {
        #expect(HostedFiles.folders(of: several, at: mount) == ["": folder])
    }

    @Test("The top has all of them")
    func top() {
        #expect(
            HostedFiles.folders(of: several, at: "/") == [
                "": "/var/www", "/pub/content": "/var/service/www",
                "/share": "/usr/share/javascript",
            ])
    }

    @Test("A mount without a folder of its own is a folder of the nearest one above")
    func above() {
        #expect(HostedFiles.folders(of: several, at: "/a/b") == ["": "/var/www/a/b"])
        #expect(
            HostedFiles.folders(of: several, at: "/share/x") == [
                "": "/usr/share/javascript/x"
            ])
        #expect(HostedFiles.folders(of: ["/b": "/srv"], at: "/a") == [:])
        #expect(HostedFiles.folders(of: ["/ab": "/srv"], at: "/a") == [:])
    }

    @Test("A folder alone is at every mount", arguments: ["/", "/a", "/a/b/"])
    func alone(mount: String) {
        #expect(HostedFiles.folders(of: ["": "/srv"], at: mount) == ["": "/srv"])
    }
}
