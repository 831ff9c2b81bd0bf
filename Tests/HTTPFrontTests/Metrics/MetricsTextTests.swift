import Testing
import XMPPConfig

@testable import HTTPFront
@testable import XMPPEngine

@Suite("Metrics as text · Prometheus 0.0.4, OpenMetrics 1.0")
struct MetricsTextTests {
    private static let received = MetricFamily(
        "m_received_bytes", .counter, unit: "bytes", labels: ["transport"], "Bytes.")

    @Test("A counter is described by its sample in one format, by its family in the other")
    func counters() {
        let readings = [(family: Self.received, points: [MetricPoint(["tcp"], 5)])]
        #expect(
            MetricsText(readings, format: .prometheus).text == """
                # HELP m_received_bytes_total Bytes.
                # TYPE m_received_bytes_total counter
                m_received_bytes_total{transport="tcp"} 5

                """)
        #expect(
            MetricsText(readings, format: .openMetrics).text == """
                # HELP m_received_bytes Bytes.
                # TYPE m_received_bytes counter
                # UNIT m_received_bytes bytes
                m_received_bytes_total{transport="tcp"} 5
                # EOF

                """)
    }

    @Test("Information is a gauge in the older format")
    func information() {
        let family = MetricFamily("m_build", .info, labels: ["version"], "V.")
        let readings = [(family: family, points: [MetricPoint(["1.0"], 1)])]
        #expect(
            MetricsText(readings, format: .prometheus).text
                .contains("# TYPE m_build_info gauge\nm_build_info{version=\"1.0\"} 1\n"))
        #expect(
            MetricsText(readings, format: .openMetrics).text
                .contains("# TYPE m_build info\nm_build_info{version=\"1.0\"} 1\n"))
    }

    @Test("Buckets of a histogram add up; the last has no bound")
    func histogram() {
        var buckets = [Int](repeating: 0, count: Latency.bounds.count + 1)
        buckets[0] = 2
        buckets[3] = 1
        buckets[Latency.bounds.count] = 4
        let reading = LatencyReading(buckets: buckets, sumNanoseconds: 1_500_000_000)
        let family = MetricFamily("m_seconds", .histogram, unit: "seconds", "S.")
        let lines = MetricsText(
            [(family: family, points: [MetricPoint([], reading)])], format: .prometheus
        ).text.split(separator: "\n").map { String($0) }
        #expect(lines[2] == "m_seconds_bucket{le=\"1e-05\"} 2")
        #expect(lines[5] == "m_seconds_bucket{le=\"0.0001\"} 3")
        #expect(
            lines.suffix(3) == [
                "m_seconds_bucket{le=\"+Inf\"} 7", "m_seconds_sum 1.5", "m_seconds_count 7",
            ])
    }

    @Test("Label values are escaped, and nothing can break out of a line")
    func escaping() {
        let family = MetricFamily("m", .gauge, labels: ["a"], "One\\two\n\"three\".")
        let points = [MetricPoint(["x\"} 9\n# EOF\\\r\n"], 1)]
        let text = MetricsText([(family: family, points: points)], format: .prometheus).text
        #expect(
            text == "# HELP m One\\\\two\\n\"three\".\n# TYPE m gauge\n"
                + "m{a=\"x\\\"} 9\\n# EOF\\\\\\n\\n\"} 1\n")
    }

    @Test("A point with labels that another has, or with too few, is left out")
    func duplicates() {
        let points = [
            MetricPoint(["a"], 1), MetricPoint(["a"], 2), MetricPoint([], 3),
            MetricPoint(["b"], 0.5), MetricPoint(["c"], .infinity), MetricPoint(["d"], .nan),
        ]
        let family = MetricFamily("m", .gauge, labels: ["l"], "M.")
        let text = MetricsText([(family: family, points: points)], format: .prometheus).text
        #expect(
            text.split(separator: "\n").dropFirst(2) == [
                "m{l=\"a\"} 1", "m{l=\"b\"} 0.5", "m{l=\"c\"} +Inf", "m{l=\"d\"} NaN",
            ])
    }

    @Test(
        "RFC 9110 §12.5.1: OpenMetrics is spoken when it is named and not liked less",
        arguments: [
            (nil, false), ("", false), ("*/*", false), ("text/html", false),
            ("application/openmetrics-text", true),
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", true),
            ("Application/OpenMetrics-Text;version=0.0.1", true),
            ("application/openmetrics-text;version=2.0.0", false),
            ("application/openmetrics-text;q=0", false),
            ("application/openmetrics-text;q=x", false),
            (
                "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3",
                true
            ),
            ("application/openmetrics-text;q=0.2, text/plain;q=0.3", false),
            (";;,,=,q=1", false),
        ] as [(String?, Bool)])
    func negotiation(accept: String?, isOpen: Bool) {
        #expect(MetricsText.Format(accept: accept) == (isOpen ? .openMetrics : .prometheus))
    }

    @Test("Every metric of the server can be written in both formats")
    func all() {
        let observatory = Observatory()
        observatory.registerMetrics(version: "1")
        for format in MetricsText.Format.allCases {
            let text = MetricsText(observatory.metrics.readings(), format: format).text
            #expect(text.contains("martlet_stanzas_received_total{kind=\"message\""))
            #expect(text.contains("martlet_build_info{version=\"1\"} 1"))
            #expect(text.contains("process_cpu_seconds_total "))
        }
    }
}

@Suite("Who may read metrics")
struct MetricsAdmissionTests {
    private static let token = "0123456789abcdef"

    private static func decide(
        _ address: String, token: String? = nil, isHidden: Bool = false, _ field: String? = nil
    ) -> MetricsAdmission.Answer {
        MetricsAdmission(networks: MetricsModule.allowedNetworks.default, token: token)
            .decide(IPAddress(address), isHidden: isHidden, authorization: field)
    }

    @Test("Without a token, only the allowed networks, and not through a strange proxy")
    func networks() {
        #expect(Self.decide("127.0.0.1") == .admit)
        #expect(Self.decide("127.9.9.9") == .admit)
        #expect(Self.decide("::1") == .admit)
        #expect(Self.decide("127.0.0.1", isHidden: true) == .forbid)
        #expect(Self.decide("192.0.2.1") == .forbid)
        #expect(Self.decide("::ffff:0:1") == .forbid)
        #expect(Self.decide("no address") == .forbid)
        #expect(Self.decide("192.0.2.1", "Bearer " + Self.token) == .forbid)
    }

    @Test("RFC 6750 §2.1: with the token, everybody")
    func tokens() {
        let far = "192.0.2.1"
        #expect(Self.decide("127.0.0.1", token: Self.token) == .admit)
        #expect(Self.decide(far, token: Self.token, "Bearer " + Self.token) == .admit)
        #expect(Self.decide(far, token: Self.token, "bearer  " + Self.token) == .admit)
        #expect(
            Self.decide(far, token: Self.token, isHidden: true, "Bearer " + Self.token) == .admit)
        for field in [
            nil, "", "Bearer", "Bearer ", "Basic " + Self.token, Self.token,
            "Bearer \(Self.token)x", "Bearer \(Self.token.dropLast())", "Bearer \(Self.token) y",
        ] {
            #expect(Self.decide(far, token: Self.token, field) == .demandToken)
        }
    }
}
