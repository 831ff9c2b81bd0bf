import Glibc
import XMPPConfig

extension TLSJudge {
    /// What OpenSSL says, and what is in the files.
    package static let openSSL = TLSJudge(
        protocolOptions: { options in
            do throws(TLSError) {
                _ = try TLSProfile(protocolOptions: options).choices()
                return nil
            } catch {
                return error.explanation
            }
        },
        ciphers: { refusal(of: TLSProfile(ciphers: $0.joined(separator: ":"))) },
        authorities: { file in
            refusal(of: TLSProfile(requestsPeerCertificate: true, authoritiesFile: file))
        },
        certificates: { CertificateFindings(in: $0) })

    /// Makes a context and forgets it.
    private static func refusal(of profile: TLSProfile) -> String? {
        let store: CertificateStore
        do throws(CertificateError) {
            store = try CertificateStore(files: [])
        } catch {
            return "\(error)"
        }
        do throws(TLSError) {
            _ = try TLSContext(.server(store), profile: profile)
            return nil
        } catch {
            return error.explanation
        }
    }
}

extension TLSError {
    /// What is wrong, behind the option's own name.
    fileprivate var explanation: String {
        guard case .badOption(_, let value, let reason) = self else { return "\(self)" }
        return reason == "unknown"
            ? "`\(value)` is not known" : "`\(value)` cannot be used: \(reason)"
    }
}

extension CertificateFindings {
    /// Reads all files that the patterns name, as the server does when it starts; blocks.
    ///
    /// A file that is not there, or not to be read by whoever asks, may be later: that is no fault.
    init(in patterns: [String]) {
        self.init(hasCertificate: false)
        var places: [String: Int] = [:]
        var readable: [String] = []
        for (place, pattern) in patterns.enumerated() {
            for path in paths(of: pattern, at: place) where places[path] == nil {
                places[path] = place
                if isSound(path, at: place) { readable.append(path) }
            }
        }
        do throws(CertificateError) {
            let set = try CertificateSet(patterns: readable, now: Int64(time(nil)))
            hasCertificate = !set.identities.isEmpty
            for warning in set.warnings {
                add("\(warning)", at: warning.file.flatMap { places[$0] }, isFault: false)
            }
        } catch {
            // As it is told already, listeners need not be told of besides.
            hasCertificate = true
            add("\(error)", at: error.file.flatMap { places[$0] }, isFault: true)
        }
    }

    private mutating func add(_ text: String, at place: Int?, isFault: Bool) {
        findings.append(Finding(place ?? 0, text, isFault: isFault))
    }

    private mutating func paths(of pattern: String, at place: Int) -> [String] {
        let paths = (try? CertificatePaths.expand([pattern])) ?? []
        if paths.isEmpty { add("\(pattern): no file fits", at: place, isFault: false) }
        return paths
    }

    private mutating func isSound(_ path: String, at place: Int) -> Bool {
        do throws(CertificateError) {
            _ = try PEMFile(path: path)
            return true
        } catch {
            let isMissing = if case .unreadable = error { true } else { false }
            add("\(error)", at: place, isFault: !isMissing)
            return false
        }
    }
}

extension CertificateError {
    /// The file it is about.
    fileprivate var file: String? {
        switch self {
        case .unreadable(let file, _), .malformed(let file, _), .encryptedKey(let file),
            .keyWithoutCertificate(let file), .certificateWithoutKey(let file),
            .expired(let file, _), .notYetValid(let file, _), .cannotMake(let file, _):
            file
        case .badHost: nil
        }
    }
}
