import CCurl
import Domain
import Glibc
import Synchronization
import Web

/// A request that this server sends to another, by libcurl: within a time, into so much memory, to an address that was judged,
/// following no redirect. It blocks its thread.
///
/// The judgement is of the address that is connected to, so a name that resolves to another one the next moment gains nothing;
/// for the same reason no proxy of the environment is used.
package struct OutgoingRequest: Sendable {
    package struct Answer: Sendable {
        package let status: Int
        /// Names in lower case.
        package let headers: [(name: String, value: String)]
        /// At most `answerBytesMax` of it.
        package let body: [UInt8]
        /// There was more.
        package let isCut: Bool

        package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    }

    /// Why there is no answer, in words for whoever configured the address.
    package struct Problem: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    package let method: String
    /// `http://…` or `https://…`; other schemes are refused.
    package let address: String
    package var headers: [(name: String, value: String)] = []
    package var body: [UInt8]?
    /// From the look-up of the name to the last byte of the answer.
    package var secondsMax = OutgoingLimits.secondsMax
    package var answerBytesMax = OutgoingLimits.answerBytesMax
    /// Asked before each connection.
    package var admits: @Sendable (NetworkAddress) -> Bool = { _ in true }

    package init(_ method: String, _ address: String) {
        self.method = method
        self.address = address
    }

    /// - Throws: `Problem` when there is no whole answer.
    package func send() throws -> Answer {
        guard Self.isStarted else { throw Problem(description: "libcurl could not be started") }
        guard let curl = curl_easy_init() else { throw Problem(description: "libcurl has no memory") }
        defer { curl_easy_cleanup(curl) }
        // Bytes below would end a line of the head, or the text for libcurl.
        let texts = [address, method] + headers.flatMap { [$0.name, $0.value] }
        guard texts.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }) else {
            throw Problem(description: "the address or a header has a control character")
        }
        let exchange = Exchange(bytesMax: answerBytesMax, admits: admits)
        let pointer = Unmanaged.passUnretained(exchange).toOpaque()
        var lines: UnsafeMutablePointer<curl_slist>?
        // "Expect" would cost a second where nobody answers it.
        for (name, value) in headers + [("Expect", "")] {
            lines = curl_slist_append(lines, value.isEmpty ? "\(name):" : "\(name): \(value)") ?? lines
        }
        defer { curl_slist_free_all(lines) }
        var reason = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
        return try reason.withUnsafeMutableBufferPointer { reason in
            var content = body ?? []
            return try content.withUnsafeMutableBytes { content in
                millrace_curl_set_pointer(curl, CURLOPT_ERRORBUFFER, reason.baseAddress)
                millrace_curl_set_pointer(curl, CURLOPT_HTTPHEADER, lines)
                millrace_curl_set_pointer(curl, CURLOPT_WRITEDATA, pointer)
                millrace_curl_set_pointer(curl, CURLOPT_HEADERDATA, pointer)
                millrace_curl_set_pointer(curl, CURLOPT_OPENSOCKETDATA, pointer)
                if body != nil {
                    millrace_curl_set_pointer(curl, CURLOPT_POSTFIELDS, content.baseAddress ?? pointer)
                    millrace_curl_set_long(curl, CURLOPT_POSTFIELDSIZE, content.count)
                }
                try set(curl)
                let code = withExtendedLifetime(exchange) { curl_easy_perform(curl) }
                return try answer(code, exchange, reason.baseAddress.map { String(cString: $0) } ?? "", curl)
            }
        }
    }

    private func set(_ curl: UnsafeMutableRawPointer) throws {
        let texts = [
            (CURLOPT_URL, address), (CURLOPT_CUSTOMREQUEST, method), (CURLOPT_PROTOCOLS_STR, "http,https"),
            (CURLOPT_USERAGENT, "Millrace"), (CURLOPT_PROXY, ""), (CURLOPT_NOPROXY, "*"),
        ]
        for (option, text) in texts where millrace_curl_set_text(curl, option, text) != CURLE_OK {
            throw Problem(description: "\"\(address.prefix(200))\" is no address that can be asked")
        }
        for (option, number) in [
            // No signals: other threads would get them.
            (CURLOPT_NOSIGNAL, 1), (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_NETRC, 0),
            (CURLOPT_TIMEOUT_MS, secondsMax * 1000), (CURLOPT_CONNECTTIMEOUT_MS, secondsMax * 1000),
            (CURLOPT_FORBID_REUSE, 1), (CURLOPT_NOBODY, method == "HEAD" ? 1 : 0),
        ] { millrace_curl_set_long(curl, option, number) }
        millrace_curl_set_reader(curl, CURLOPT_WRITEFUNCTION) { bytes, size, count, pointer in
            guard let pointer, let bytes else { return 0 }
            let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
            return exchange.take(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        millrace_curl_set_reader(curl, CURLOPT_HEADERFUNCTION) { bytes, size, count, pointer in
            guard let pointer, let bytes else { return 0 }
            let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
            return exchange.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        millrace_curl_set_opener(curl) { pointer, _, address in
            guard let pointer, let address else { return CURL_SOCKET_BAD }
            let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
            guard exchange.isAdmitted(address) else { return CURL_SOCKET_BAD }
            return millrace_curl_open(address)
        }
    }

    private func answer(
        _ code: CURLcode, _ exchange: Exchange, _ reason: String, _ curl: UnsafeMutableRawPointer
    ) throws -> Answer {
        // What is over the limit ends the transfer, with what came until then.
        guard code == CURLE_OK || exchange.isCut else {
            if let refused = exchange.refused {
                throw Problem(
                    description:
                        "\(refused.text) is \(refused.reach == .external ? "an" : "a") \(refused.reach.rawValue) address, which is not allowed here"
                )
            }
            let words = reason.isEmpty ? String(cString: curl_easy_strerror(code)) : reason
            throw Problem(description: words)
        }
        return Answer(
            status: Int(millrace_curl_status(curl)), headers: exchange.headers, body: exchange.body,
            isCut: exchange.isCut)
    }

    /// Once a process, by whichever thread asks first.
    private static let isStarted = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}

package enum OutgoingLimits {
    /// Somebody waits for most of these.
    package static let secondsMax = 10
    /// A discovery document or a set of keys has a few KiB.
    package static let answerBytesMax = 256 * 1024
    /// Bytes of an answer's head.
    static let headBytesMax = 64 * 1024
}

/// What comes of one request while libcurl works on it: on one thread, the one that waits for it.
private final class Exchange {
    private let bytesMax: Int
    private let admits: @Sendable (NetworkAddress) -> Bool
    private var headBytes = 0
    private(set) var body: [UInt8] = []
    private(set) var isCut = false
    private(set) var headers: [(name: String, value: String)] = []
    /// An address that it would have connected to.
    private(set) var refused: NetworkAddress?

    init(bytesMax: Int, admits: @escaping @Sendable (NetworkAddress) -> Bool) {
        self.bytesMax = bytesMax
        self.admits = admits
    }

    /// - Returns: how much was taken; less ends the transfer.
    func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        let room = bytesMax - body.count
        body.append(contentsOf: bytes.prefix(room))
        guard bytes.count <= room else {
            isCut = true
            return 0
        }
        return bytes.count
    }

    func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        headBytes += bytes.count
        guard headBytes <= OutgoingLimits.headBytesMax else { return 0 }
        let line = String(decoding: bytes, as: UTF8.self)
        // A status line begins the head anew, as after "100 Continue".
        if line.hasPrefix("HTTP/") { headers = [] }
        if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers.append(
                (line[..<colon].lowercased(), String(value.prefix { $0 != "\r\n" && $0 != "\r" && $0 != "\n" })))
        }
        return bytes.count
    }

    func isAdmitted(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Bool {
        guard let known = Self.address(address) else { return false }
        guard admits(known) else {
            refused = known
            return false
        }
        return true
    }

    private static func address(_ address: UnsafeMutablePointer<curl_sockaddr>) -> NetworkAddress? {
        guard let socket = millrace_curl_address(address) else { return nil }
        switch address.pointee.family {
        case AF_INET:
            return UnsafeRawPointer(socket).withMemoryRebound(to: sockaddr_in.self, capacity: 1) { v4 in
                withUnsafeBytes(of: v4.pointee.sin_addr) { NetworkAddress(Array($0)) }
            }
        case AF_INET6:
            return UnsafeRawPointer(socket).withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { v6 in
                withUnsafeBytes(of: v6.pointee.sin6_addr) { NetworkAddress(Array($0)) }
            }
        default: return nil
        }
    }
}
