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

    /// What is public alone.
    public static let external = AllowedHosts(rules: [.external])
    private init(rules: [Rule]) { self.rules = rules }

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
    ///   - address: where the connection goes.
    public func allows(host: String, _ address: NetworkAddress) -> Bool {
        rules.contains { rule in
            switch rule {
            case .everything: true
            case .loopback: address.reach == .loopback
            // Not all that is not public: clouds keep credentials at an address of the link.
            case .privateNetworks: Self.privateNetworks.contains { Self.isIn(address.bytes, $0.bytes, bits: $0.bits) }
            case .external: address.reach == .external
            case .name(let pattern): Self.fits(host.lowercased(), pattern)
            case .network(let network, let bits): Self.isIn(address.bytes, network, bits: bits)
            }
        }
    }

    private static let privateNetworks: [(bytes: [UInt8], bits: Int)] = [
        ([10, 0, 0, 0], 8), ([172, 16, 0, 0], 12), ([192, 168, 0, 0], 16),
        ([0xFC] + [UInt8](repeating: 0, count: 15), 7),
    ]
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
