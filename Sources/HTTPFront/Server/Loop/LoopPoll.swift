import CMicroHTTPD
import Glibc

/// What a descriptor is watched for.
struct LoopInterest: OptionSet {
    let rawValue: UInt32

    /// Bytes or connections to read, again and again.
    static let input = LoopInterest(rawValue: EPOLLIN.rawValue)
    /// Room to write, again and again.
    static let output = LoopInterest(rawValue: EPOLLOUT.rawValue)
    /// The far end going away, again and again.
    static let leaving = LoopInterest(rawValue: EPOLLRDHUP.rawValue)
    /// The far end going away, reported once.
    static let hangUp = LoopInterest(rawValue: EPOLLRDHUP.rawValue | EPOLLONESHOT.rawValue)
}

/// Who is told about a watched descriptor; on its loop.
protocol LoopWatch: AnyObject {
    /// One of the watched descriptors is ready.
    func happened(_ events: UInt32, on descriptor: Int32)
    func happened(_ events: UInt32)
    /// The loop ends; nothing will happen any more.
    func ended()
    /// A listener stops, and with it what came by it; all of them when it is `nil`.
    func serverStops(_ server: HTTPServer?)
}

extension LoopWatch {
    func happened(_ events: UInt32, on descriptor: Int32) { happened(events) }

    func serverStops(_ server: HTTPServer?) {}
}

/// Owns one epoll(7) descriptor.
final class LoopPoll {
    private let descriptor: Int32
    private var events = [epoll_event](repeating: epoll_event(), count: 64)

    init() throws(HTTPServerError) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw .resources("epoll_create1", errno: errno) }
    }

    deinit {
        close(descriptor)
    }

    func add(_ watched: Int32, for interest: LoopInterest) throws(HTTPServerError) {
        try control(EPOLL_CTL_ADD, watched, interest)
    }

    func change(_ watched: Int32, to interest: LoopInterest) throws(HTTPServerError) {
        try control(EPOLL_CTL_MOD, watched, interest)
    }

    private func control(
        _ operation: Int32, _ watched: Int32, _ interest: LoopInterest
    ) throws(HTTPServerError) {
        var event = epoll_event()
        event.events = interest.rawValue
        event.data.fd = watched
        guard epoll_ctl(descriptor, operation, watched, &event) == 0 else {
            throw .resources("epoll_ctl", errno: errno)
        }
    }

    func remove(_ watched: Int32) {
        epoll_ctl(descriptor, EPOLL_CTL_DEL, watched, nil)
    }

    /// Waits, with -1 as long as it takes, then reports each ready descriptor.
    func wait(milliseconds: Int32, report: (_ descriptor: Int32, _ events: UInt32) -> Void) {
        let count = epoll_wait(descriptor, &events, Int32(events.count), milliseconds)
        guard count > 0 else { return }
        for index in 0..<Int(count) {
            report(events[index].data.fd, events[index].events)
        }
    }
}
