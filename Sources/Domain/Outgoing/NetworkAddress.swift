/// An IP address that this server would connect to, by its bytes: 4 of IPv4, 16 of IPv6.
public struct NetworkAddress: Hashable, Sendable {
    /// Where an address leads, as far as it says so itself.
    public enum Reach: String, Equatable, Sendable {
        /// This host.
        case loopback
        /// Networks of one's own, and what their hosts call themselves by: nothing of it is on the internet.
        case `private`
        /// Everything else.
        case external
    }

    public let bytes: [UInt8]

    /// - Returns: nil of anything but 4 or 16 bytes. An IPv6 address that stands for one of IPv4 is that one.
    public init?(_ bytes: [UInt8]) {
        switch bytes.count {
        case 4: self.bytes = bytes
        case 16:
            let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
            // 64:ff9b::/96, by which hosts of IPv6 alone reach IPv4.
            let isTranslated = bytes.prefix(12).elementsEqual([0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0])
            if isMapped || isTranslated {
                self.bytes = Array(bytes.suffix(4))
            } else if bytes.starts(with: [0x20, 0x02]) {
                // 6to4: the address of the other end is in it.
                self.bytes = Array(bytes[2..<6])
            } else {
                self.bytes = bytes
            }
        default: return nil
        }
    }

    public var reach: Reach { bytes.count == 4 ? reachOfV4 : reachOfV6 }

    private var reachOfV4: Reach {
        switch (bytes[0], bytes[1]) {
        // 0.0.0.0/8 is this host as well.
        case (127, _), (0, _): .loopback
        case (10, _), (172, 16...31), (192, 168),
            // Of a provider's own network; of a link, where clouds keep credentials; of tests.
            (100, 64...127), (169, 254), (192, 0), (198, 18...19),
            // To many, and what is reserved.
            (224..., _):
            .private
        default: .external
        }
    }

    private var reachOfV6: Reach {
        if bytes.dropLast().allSatisfy({ $0 == 0 }), bytes[15] <= 1 { return .loopback }
        switch (bytes[0], bytes[1]) {
        // Unique local, of a link, of a site, to many.
        case (0xFC...0xFD, _), (0xFE, 0x80...0xFF), (0xFF, _): return .private
        // 2000::/3 is all that is given out.
        case (0x20...0x3F, _): return .external
        default: return .private
        }
    }

    /// As people write it.
    public var text: String {
        if bytes.count == 4 { return bytes.map { String($0) }.joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2).map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }
}
