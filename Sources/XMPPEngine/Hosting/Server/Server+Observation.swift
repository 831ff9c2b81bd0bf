import Glibc
import XMPPConfig
import XMPPCore
import XMPPStorage

/// What is read for statistics, and what raises alarms.
extension Server {
    /// A certificate that ends within so many days raises an alarm.
    static let certificateDaysMin = 14

    /// Says where gauges come from; called once.
    func observe() {
        let observatory = environment.observatory
        observatory.countSessions { [hosts] in hosts.all.flatMap(\.sessionCounts) }
        observatory.queues.register("database reads") { [database] in database.waiting.reads }
        observatory.queues.register("database writes") { [database] in database.waiting.writes }
        observatory.registerMetrics(version: environment.version)
        let metrics = observatory.metrics
        metrics.register(.sessionsHeld) { [hosts] in
            hosts.all.map { MetricPoint([$0.domain], $0.sessions.heldCount) }
        }
        metrics.register(.sessionsHeldBytes) { [heldSessions] in
            [MetricPoint([], heldSessions.byteCount)]
        }
        metrics.register(.bannedNetworks) { [bans] in [MetricPoint([], bans.count)] }
        metrics.register(.supervisorRestarts) { [supervision] in
            supervision.restarts.sorted { $0.key < $1.key }.map { MetricPoint([$0.key], $0.value) }
        }
        metrics.register(.certificateExpiry) { [certificates] in
            certificates.facts.map {
                MetricPoint([$0.name, $0.file], Int($0.validity.upperBound))
            }
        }
        metrics.register(.certificateDays) { [certificates] in
            certificates.facts.map { MetricPoint([$0.name, $0.file], $0.daysLeft) }
        }
    }

    var systemMonitor: SystemMonitor {
        let options = configuration.options
        let alarms = environment.observatory.alarms
        let mark = Double(options[ServerOption.memoryWatermark]) / 100
        return SystemMonitor(
            alarms: [
                .machineMemory(above: mark), .openFiles(above: 0.9),
                .queues(above: options[ServerOption.queueWatermark]),
            ], queues: environment.observatory.queues
        ) { change, sample in
            alarms.set(change.name, change.isRaised, change.text(for: sample))
        }
    }

    /// Looks at the certificates every hour.
    func watchCertificates() async throws {
        while true {
            checkCertificates()
            try await Task.sleep(for: .seconds(3600))
        }
    }

    /// Raises an alarm for each certificate that ends soon, and clears those that do not.
    func checkCertificates() {
        let alarms = environment.observatory.alarms
        var ending: Set<String> = []
        for facts in certificates.facts where facts.daysLeft < Double(Self.certificateDaysMin) {
            let name = "certificate \(facts.name)"
            ending.insert(name)
            let days = Int(facts.daysLeft.rounded(.down))
            alarms.raise(
                name,
                days < 0
                    ? "it has expired: \(facts.file)" : "it ends in \(days) days: \(facts.file)",
                days < 2 ? .critical : .warning)
        }
        alarms.clearOthers(prefix: "certificate ", than: ending)
    }
}

extension CertificateKeeper {
    /// The certificates in use.
    var facts: [CertificateFacts] { current?.certificates ?? [] }
}

extension CertificateFacts {
    /// A name that it is for, to tell it from others.
    var name: String { names.addresses.first ?? names.hosts.first ?? names.commonName ?? subject }

    /// Until its last second; negative when that is over.
    var daysLeft: Double {
        let left = validity.upperBound.subtractingReportingOverflow(Int64(time(nil)))
        return left.overflow ? 0 : Double(left.partialValue) / 86_400
    }
}

extension AlarmChange {
    /// The alarm in words.
    fileprivate func text(for sample: SystemSample) -> String {
        switch name {
        case "memory":
            return "\(Int((value * 100).rounded())) % of the memory are in use, "
                + "\(sample.process.residentBytes >> 20) MiB by the server"
        case "open_files":
            return "\(sample.process.openFiles) of \(sample.process.openFilesMax) files are open"
        default:
            let longest = sample.queues.max { $0.length < $1.length }
            return "\(longest?.length ?? 0) wait in the queue \(longest?.name ?? "-")"
        }
    }
}
