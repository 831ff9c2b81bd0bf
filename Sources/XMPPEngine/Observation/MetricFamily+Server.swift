/// The metrics of the server itself.
extension MetricFamily {
    package static let all: [MetricFamily] = [
        build, processorTime, residentMemory, proportionalMemory, openFiles, openFilesMax,
        startTime, uptime, sessions, sessionsHeld, sessionsHeldBytes, stanzasReceived, stanzasSent,
        bytesReceived,
        bytesSent, streamsOpened, streamsFailed, connectionsRefused, logins, bannedNetworks,
        stanzaErrors,
        offlineStored, queueLength, mailboxRefusals, routingTurn, httpResponses, httpBytesReceived,
        httpBytesSent,
        httpConnections, httpHolds, httpRequestTime, storageCommits, storageWrites, storageReads,
        storageFailures, storageTime, certificateExpiry, certificateDays, supervisorRestarts,
        alarms,
    ]

    package static let build = MetricFamily(
        "martlet_build", .info, labels: ["version"], "The version that runs.")

    // What every exporter calls so.
    package static let processorTime = MetricFamily(
        "process_cpu_seconds", .counter, unit: "seconds", "Processor time, user and system.")
    package static let residentMemory = MetricFamily(
        "process_resident_memory_bytes", .gauge, unit: "bytes",
        "Memory in use, shared pages included.")
    package static let proportionalMemory = MetricFamily(
        "process_proportional_memory_bytes", .gauge, unit: "bytes",
        "Memory in use, each shared page divided by its users.")
    package static let openFiles = MetricFamily(
        "process_open_fds", .gauge, "File descriptors that are open.")
    package static let openFilesMax = MetricFamily(
        "process_max_fds", .gauge, "File descriptors that may be open.")
    package static let startTime = MetricFamily(
        "process_start_time_seconds", .gauge, unit: "seconds",
        "When the server started, in seconds since 1970.")
    package static let uptime = MetricFamily(
        "martlet_uptime_seconds", .gauge, unit: "seconds", "How long the server runs.")

    package static let sessions = MetricFamily(
        "martlet_sessions", .gauge, labels: ["host", "transport"], "Bound sessions of clients.")
    package static let sessionsHeld = MetricFamily(
        "martlet_sessions_held", .gauge, labels: ["host"],
        "Sessions among these that have lost their connection and wait for their client.")
    package static let sessionsHeldBytes = MetricFamily(
        "martlet_sessions_held_bytes", .gauge, unit: "bytes",
        "Bytes of stanzas that wait for clients which have lost their connection.")
    package static let stanzasReceived = MetricFamily(
        "martlet_stanzas_received", .counter, labels: ["kind", "transport"],
        "Stanzas that clients and components sent.")
    package static let stanzasSent = MetricFamily(
        "martlet_stanzas_sent", .counter, labels: ["kind", "transport"],
        "Stanzas that were written to clients and components.")
    package static let bytesReceived = MetricFamily(
        "martlet_stream_received_bytes", .counter, unit: "bytes", labels: ["transport"],
        "Bytes of streams from peers: of BOSH and polling the bodies, of WebSocket the frames.")
    package static let bytesSent = MetricFamily(
        "martlet_stream_sent_bytes", .counter, unit: "bytes", labels: ["transport"],
        "Bytes of streams to peers: of BOSH and polling the bodies, of WebSocket the frames.")
    package static let streamsOpened = MetricFamily(
        "martlet_streams_opened", .counter, labels: ["transport"],
        "Streams whose first header was accepted; before STARTTLS the transport is tcp.")
    package static let streamsFailed = MetricFamily(
        "martlet_streams_failed", .counter, labels: ["transport"],
        "Streams that the server ended with a stream error.")
    package static let connectionsRefused = MetricFamily(
        "martlet_connections_refused", .counter,
        "Connections that a limit of their listener refused.")
    package static let logins = MetricFamily(
        "martlet_logins", .counter, labels: ["mechanism", "result"],
        "Logins by SASL mechanism; the result is ok or refused.")
    package static let bannedNetworks = MetricFamily(
        "martlet_banned_networks", .gauge,
        "IPv4 addresses and IPv6 /64 that are kept out after failed logins.")
    package static let stanzaErrors = MetricFamily(
        "martlet_stanza_errors_sent", .counter, labels: ["kind"],
        "Stanzas of type error that were written to clients and components.")
    package static let offlineStored = MetricFamily(
        "martlet_offline_messages_stored", .counter, "Messages put into offline storage.")
    package static let queueLength = MetricFamily(
        "martlet_queue_length", .gauge, labels: ["queue"],
        "What waits in a queue: stanzas for a loop, calls for the database.")
    package static let mailboxRefusals = MetricFamily(
        "martlet_mailbox_refusals", .counter, "Stanzas that a loop had no room for.")
    package static let routingTurn = MetricFamily(
        "martlet_routing_turn_duration_seconds", .histogram, unit: "seconds",
        "One read from a TCP socket, parsed, routed and handed on; one in 16 is timed.")

    package static let httpResponses = MetricFamily(
        "martlet_http_responses", .counter, labels: ["class"],
        "Answers to HTTP requests by class of status.")
    package static let httpBytesReceived = MetricFamily(
        "martlet_http_request_body_bytes", .counter, unit: "bytes", "Bytes of request bodies.")
    package static let httpBytesSent = MetricFamily(
        "martlet_http_response_body_bytes", .counter, unit: "bytes",
        "Bytes of answers' bodies, but for those of unknown length.")
    package static let httpConnections = MetricFamily(
        "martlet_http_connections", .gauge, "HTTP connections that are open.")
    package static let httpHolds = MetricFamily(
        "martlet_http_held_requests", .gauge,
        "Requests that wait for their answer, as with BOSH; among them the one that reads this.")
    package static let httpRequestTime = MetricFamily(
        "martlet_http_request_duration_seconds", .histogram, unit: "seconds",
        "From a request to its answer, for those that were not held.")

    package static let storageCommits = MetricFamily(
        "martlet_storage_commits", .counter, "Groups of writes that were committed.")
    package static let storageWrites = MetricFamily(
        "martlet_storage_writes", .counter, "Writes in those groups.")
    package static let storageReads = MetricFamily(
        "martlet_storage_reads", .counter, "Reading transactions.")
    package static let storageFailures = MetricFamily(
        "martlet_storage_failures", .counter, "Transactions that failed as a whole.")
    package static let storageTime = MetricFamily(
        "martlet_storage_transaction_duration_seconds", .histogram, unit: "seconds",
        "One transaction in the database, without waiting for its turn.")

    package static let certificateExpiry = MetricFamily(
        "martlet_certificate_expiry_timestamp_seconds", .gauge, unit: "seconds",
        labels: ["name", "file"], "When a TLS certificate ends, in seconds since 1970.")
    package static let certificateDays = MetricFamily(
        "martlet_certificate_remaining_days", .gauge, unit: "days", labels: ["name", "file"],
        "Days until a TLS certificate ends; negative when it has.")
    package static let supervisorRestarts = MetricFamily(
        "martlet_supervisor_restarts", .counter, labels: ["supervisor"],
        "How often a supervisor started a child again.")
    package static let alarms = MetricFamily(
        "martlet_alarms", .gauge, labels: ["severity"], "Alarms that are raised now.")
}
