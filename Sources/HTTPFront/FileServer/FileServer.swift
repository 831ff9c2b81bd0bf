import Glibc
import XMPPEngine

/// Serves the files of folders (`mod_http_fileserver`).
///
/// Only GET and HEAD; hidden are names that begin with a dot, except `.well-known`. The files are
/// opened and examined on the loop: a few system calls on names the kernel has in its cache,
/// cheaper than a hop to another thread and back. Small files are read and kept for a second, in
/// which it is enough to see that the name still leads to the same file, unchanged; the bytes of
/// others go from the page cache to the socket by sendfile(2). A folder on a slow or remote disk
/// would hold the loop up: such files belong behind a server of their own.
package final class FileServer: HTTPHandler {
    /// What is served, and how.
    package struct Settings: Sendable {
        /// `docroot`: URL prefix below the mount to folder; the longest prefix wins.
        package var folders: [String: String]
        /// `directory_indices`: file names that stand for their folder, the first found.
        package var indices = ["index.html", "index.htm"]
        /// `content_types` and `default_content_type`.
        package var contentTypes = ContentTypes()
        /// Sent with every file; empty sends none.
        package var cacheControl = "no-cache"
        /// Whether `NAME.br` and `NAME.gz` are sent in place of `NAME` to clients that take them.
        package var servesPrecompressed = true
        /// `must_authenticate_with`: who may see the files; everybody when empty.
        var passwords = BasicPasswords([])
        /// Who is told of wrong ones.
        var watch = PasswordWatch(LoginThrottle())
        /// Seconds since 1970, as the file system counts them.
        var clock: @Sendable () -> Int64 = { Int64(time(nil)) }

        package init(folders: [String: String]) {
            self.folders = folders
        }
    }

    private let settings: Settings
    private let folders: [(prefix: String, folder: Folder)]

    /// - Throws: `FileServerError` when a folder cannot be opened.
    package init(_ settings: Settings) throws(FileServerError) {
        self.settings = settings
        var folders: [(prefix: String, folder: Folder)] = []
        for (prefix, path) in settings.folders {
            guard let folder = Folder(path, clock: settings.clock) else {
                throw FileServerError(folder: path)
            }
            let names = prefix.split(separator: "/")
            folders.append((names.map { "/" + $0 }.joined(), folder))
        }
        self.folders = folders.sorted { $0.prefix.utf8.count > $1.prefix.utf8.count }
    }

    package func handle(_ exchange: Exchange) throws {
        if !settings.passwords.isEmpty {
            exchange.user = try signIn(exchange)
        }
        let path = exchange.subpath
        guard let (folder, name) = place(of: path), !Self.isHidden(name),
            let file = folder.open(name, now: exchange.loop.now)
        else { throw HTTPProblem(.notFound) }
        switch file.kind {
        case .file:
            // A slash after a file's name would make its relative links wrong.
            guard path.utf8.last != UInt8(ascii: "/"), !name.isEmpty else {
                throw HTTPProblem(.notFound)
            }
            serve(file, name, folder, exchange)
        case .folder:
            guard exchange.path.utf8.last == UInt8(ascii: "/") else { return redirect(exchange) }
            try serveIndex(of: name, folder, exchange)
        case .other:
            throw HTTPProblem(.notFound)
        }
    }

    private func signIn(_ exchange: Exchange) throws -> String {
        if let shown = exchange.field("Authorization"),
            let name = try settings.watch.check(exchange, { settings.passwords.name(in: shown) })
        {
            return name
        }
        throw HTTPProblem(.unauthorized, fields: [BasicPasswords.challenge])
    }

    /// The folder that a path leads into, and the rest of the path without slashes around it.
    private func place(of path: String) -> (folder: Folder, path: String)? {
        for (prefix, folder) in folders where path.utf8.starts(with: prefix.utf8) {
            var rest = path.utf8.dropFirst(prefix.utf8.count)
            guard rest.isEmpty || rest.first == UInt8(ascii: "/") else { continue }
            while rest.first == UInt8(ascii: "/") { rest.removeFirst() }
            while rest.last == UInt8(ascii: "/") { rest.removeLast() }
            return (folder, String(Substring(rest)))
        }
        return nil
    }

    /// Whether a name in the path begins with a dot, other than `.well-known`.
    private static func isHidden(_ path: String) -> Bool {
        var last = UInt8(ascii: "/")
        var isDotted = false
        for byte in path.utf8 {
            if byte == UInt8(ascii: "."), last == UInt8(ascii: "/") { isDotted = true }
            last = byte
        }
        return isDotted
            && path.split(separator: "/").contains { $0.hasPrefix(".") && $0 != ".well-known" }
    }

    /// Relative links in an index count from its folder, so its address must end in a slash.
    private func redirect(_ exchange: Exchange) {
        let path = exchange.target.prefix { $0 != "?" }
        guard path.hasPrefix("/") else {
            exchange.respond(.notFound, body: .page(.notFound))
            return
        }
        let query = exchange.query.map { "?" + $0 } ?? ""
        exchange.respond(
            .movedPermanently, fields: [HTTPField("Location", "\(path)/\(query)")],
            body: .page(.movedPermanently))
    }

    private func serveIndex(of path: String, _ folder: Folder, _ exchange: Exchange) throws {
        for index in settings.indices {
            let name = path.isEmpty ? index : "\(path)/\(index)"
            guard let file = folder.open(name, now: exchange.loop.now), file.kind == .file
            else { continue }
            serve(file, name, folder, exchange)
            return
        }
        throw HTTPProblem(.forbidden)
    }
}

/// A folder that cannot be served.
package struct FileServerError: Error, Equatable, CustomStringConvertible {
    package let folder: String

    package var description: String { "\(folder) is not a folder that can be read" }
}

// MARK: One file

extension FileServer {
    private func serve(
        _ file: OpenFile, _ path: String, _ folder: Folder, _ exchange: Exchange
    ) {
        var answer = FileAnswer(type: settings.contentTypes.type(of: path[...]))
        if !settings.cacheControl.isEmpty {
            answer.fields.append(HTTPField("Cache-Control", settings.cacheControl))
        }
        guard settings.servesPrecompressed else { return answer.send(file, coding: nil, exchange) }
        answer.fields.append(HTTPField("Vary", "Accept-Encoding"))
        guard let accepted = exchange.field("Accept-Encoding") else {
            return answer.send(file, coding: nil, exchange)
        }
        for coding in AcceptEncoding(accepted).codings {
            guard let packed = folder.open(path + coding.suffix, now: exchange.loop.now),
                packed.kind == .file, packed.modified >= file.modified
            else { continue }
            answer.fields.append(HTTPField("Content-Encoding", coding.rawValue))
            return answer.send(packed, coding: coding, exchange)
        }
        answer.send(file, coding: nil, exchange)
    }
}

extension ContentCoding {
    /// What the name of a file in this form ends with, beside the file itself.
    fileprivate var suffix: String {
        switch self {
        case .brotli: ".br"
        case .gzip: ".gz"
        }
    }
}
