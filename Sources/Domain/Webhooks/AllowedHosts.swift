/// Where the server may send requests to that people ask for (`webhooks.allowed_hosts`, Gitea's ALLOWED_HOST_LIST).
///
/// A list with commas: `external` (what is public), `private`, `loopback`, `*`, names with `*` (`*.example.org`), networks
/// (`10.0.0.0/8`, `fd00::/8`). It is asked of the address that is connected to, so a name that changes its mind gains nothing.
public struct AllowedHosts: Equatable, Sendable {
    public struct Invalid: Error, Equatable { public let words: String }

    private enum Rule: Equatable, Sendable {
        case external, privateNetworks, loopback, everything
        case name(String)
        case network([UInt8], bits: Int)
    }
    private let rules: [Rule]

    /// - Throws: ``Invalid`` for a part that is neither a word, a name nor a network.
    public init(_ text: String) throws(Invalid) {
        var rules: [Rule] = []
        for part in text.split(byte: ",") {
            let word = part.filter { $0 != " " }.lowercased()
            switch word {
            case "": continue
            case "external": rules.append(.external)
            case "private": rules.append(.privateNetworks)
            case "loopback": rules.append(.loopback)
            case "*": rules.append(.everything)
            default: rules.append(try Self.rule(word))
            }
        }
        self.rules = rules
    }

    private static func rule(_ word: String) throws(Invalid) -> Rule {
        let sides = word.split(byte: "/")
        if let address = addressBytes(String(sides[0])) {
            let bits = sides.count == 2 ? Int(sides[1]) : sides.count == 1 ? address.count * 8 : nil
            guard let bits, (0...(address.count * 8)).contains(bits) else {
                throw Invalid(words: "\"\(word.prefix(100))\" is no network; write it as 10.0.0.0/8")
            }
            return .network(address, bits: bits)
        }
        let isName = word.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || [0x2A, 0x2D, 0x2E, 0x5F].contains(byte)
        }
        guard isName else {
            throw Invalid(
                words: "\"\(word.prefix(100))\" is none of external, private, loopback, *, a name or a network")
        }
        return .name(word)
    }

    /// - Parameters:
    ///   - host: as the address of the request names it.
    ///   - address: 4 or 16 bytes: where the connection goes.
    public func allows(host: String, address: [UInt8]) -> Bool {
        let address = Self.unmapped(address)
        return rules.contains { rule in
            switch rule {
            case .everything: true
            case .loopback: Self.isLoopback(address)
            case .privateNetworks: Self.isPrivate(address)
            case .external: !Self.isLoopback(address) && !Self.isPrivate(address) && !Self.isReserved(address)
            case .name(let pattern): Self.fits(host.lowercased(), pattern)
            case .network(let network, let bits): Self.isIn(address, network, bits: bits)
            }
        }
    }

    /// IPv4 inside of IPv6 (`::ffff:127.0.0.1`, 64:ff9b::/96) is where it leads to.
    private static func unmapped(_ address: [UInt8]) -> [UInt8] {
        guard address.count == 16 else { return address }
        let head = Array(address.prefix(12))
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        let translated: [UInt8] = [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]
        return head == mapped || head == translated ? Array(address.suffix(4)) : address
    }
    private static func isLoopback(_ address: [UInt8]) -> Bool {
        address.count == 4 ? address[0] == 127 : address == [UInt8](repeating: 0, count: 15) + [1]
    }
    private static func isPrivate(_ address: [UInt8]) -> Bool {
        guard address.count == 4 else { return address[0] & 0xFE == 0xFC }
        return address[0] == 10 || address[0] == 172 && (16...31).contains(address[1])
            || address[0] == 192 && address[1] == 168
    }
    /// Neither public nor anybody's own: this network, link local (where clouds keep credentials), carriers' networks, multicast.
    private static func isReserved(_ address: [UInt8]) -> Bool {
        guard address.count == 4 else {
            return address.prefix(15).allSatisfy { $0 == 0 } || address[0] == 0xFF
                || address[0] == 0xFE && address[1] & 0xC0 == 0x80
                || address.starts(with: [0x20, 0x01, 0x0D, 0xB8]) || address.starts(with: [0x20, 0x02])
        }
        return address[0] == 0 || address[0] >= 224 || address[0] == 169 && address[1] == 254
            || address[0] == 100 && (64...127).contains(address[1]) || address[0] == 192 && address[1] == 0
            || address[0] == 198 && (18...19).contains(address[1])
    }
    private static func isIn(_ address: [UInt8], _ network: [UInt8], bits: Int) -> Bool {
        guard address.count == network.count else { return false }
        return (0..<bits).allSatisfy { bit in
            let mask = UInt8(0x80) >> UInt8(bit % 8)
            return address[bit / 8] & mask == network[bit / 8] & mask
        }
    }
    private static func fits(_ host: String, _ pattern: String) -> Bool {
        guard pattern.contains("*") else { return host == pattern }
        let parts = pattern.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
        var rest = Substring(host)
        for (index, part) in parts.enumerated() {
            let text = String(decoding: Array(part), as: UTF8.self)
            if index == 0 {
                guard rest.hasPrefix(text) else { return false }
                rest = rest.dropFirst(text.count)
            } else if index == parts.count - 1 {
                return rest.hasSuffix(text)
            } else if !text.isEmpty {
                guard let found = rest.firstRange(of: text) else { return false }
                rest = rest[found.upperBound...]
            }
        }
        return rest.isEmpty
    }

    /// `127.0.0.1` and `fd00::1` as bytes; nil for what is no address.
    static func addressBytes(_ text: String) -> [UInt8]? {
        if !text.contains(":") {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            let bytes = parts.compactMap { part in part.utf8.count <= 3 ? UInt8(part) : nil }
            return parts.count == 4 && bytes.count == 4 ? bytes : nil
        }
        let halves = text.replacing("::", with: "=").split(separator: "=", omittingEmptySubsequences: false)
        guard halves.count <= 2 else { return nil }
        func groups(_ half: Substring) -> [UInt8]? {
            var bytes: [UInt8] = []
            for part in half.split(separator: ":", omittingEmptySubsequences: false) where !half.isEmpty {
                guard (1...4).contains(part.utf8.count), let number = UInt16(part, radix: 16) else { return nil }
                bytes += [UInt8(number >> 8), UInt8(number & 0xFF)]
            }
            return bytes
        }
        guard let head = groups(halves[0]), let tail = halves.count == 2 ? groups(halves[1]) : [] else { return nil }
        if halves.count == 1 { return head.count == 16 ? head : nil }
        guard head.count + tail.count <= 14 else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }
}
