import Domain

/// Scheme, host and port by which a client reaches us, in the one spelling that it has: lower case, no default port.
package struct ClientAddress: Hashable, Sendable {
    package let text: String

    /// Reads `http://…` or `https://…` without user, path and query; a "/" at the end is let pass.
    package init?(_ text: String) {
        let lower = text.lowercased()
        guard let scheme = ["http", "https"].first(where: { lower.hasPrefix($0 + "://") }) else { return nil }
        let host = lower.dropFirst(scheme.utf8.count + "://".utf8.count)
        self.init(scheme: scheme, host: String(host.hasSuffix("/") ? host.dropLast() : host))
    }

    /// - Parameter host: as `Host` has it.
    package init?(scheme: String, host: String) {
        let scheme = scheme.lowercased()
        let host = host.lowercased()
        guard let defaultPort = ["http": "80", "https": "443"][scheme] else { return nil }
        // In brackets is an IPv6 address, whose colons are none of a port's.
        let bracket = host.utf8.lastIndex(of: UInt8(ascii: "]"))
        let colon = host.utf8[(bracket ?? host.startIndex)...].firstIndex(of: UInt8(ascii: ":"))
        let name = host[..<(colon ?? host.endIndex)]
        let port = colon.map { host[host.utf8.index(after: $0)...] }
        guard Self.isHostName(name) else { return nil }
        if let port {
            guard let number = UInt16(port), number > 0, String(number) == port else { return nil }
        }
        text = "\(scheme)://\(name)" + (port.flatMap { $0 == defaultPort ? nil : ":\($0)" } ?? "")
    }

    /// Only what such names are made of; whether there is such a host is not asked.
    private static func isHostName(_ name: Substring) -> Bool {
        let isAddress = name.hasPrefix("[") && name.hasSuffix("]")
        let inner = isAddress ? name.dropFirst().dropLast() : name
        return !inner.isEmpty
            && inner.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."):
                    true
                case UInt8(ascii: "-"), UInt8(ascii: "_"): !isAddress
                case UInt8(ascii: ":"): isAddress
                default: false
                }
            }
    }
}
