/// The stream cipher XSalsa20, of which sealed boxes are made.
///
/// Words are added and turned, never looked up, so that the time says nothing of the key.
///
/// - Source: D. J. Bernstein, "Extending the Salsa20 nonce"; "Salsa20 specification".
public enum XSalsa20 {
    public static let keyBytes = 32
    public static let nonceBytes = 24

    /// "expand 32-byte k", little-endian.
    private static let sigma: [UInt32] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574]

    /// So many bytes of the key stream, from its beginning.
    public static func stream(_ count: Int, key: [UInt8], nonce: [UInt8]) -> [UInt8] {
        precondition(key.count == keyBytes && nonce.count == nonceBytes, "a key has 32 bytes, a nonce 24")
        let subkey = words(hsalsa20(key: key, input: Array(nonce[..<16])))
        let rest = words(Array(nonce[16...]))
        var out: [UInt8] = []
        out.reserveCapacity(count + 64)
        var block: UInt64 = 0
        while out.count < count {
            let input = state(
                subkey, [rest[0], rest[1], UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32)])
            let mixed = rounds(input)
            for index in 0..<16 { append(mixed[index] &+ input[index], to: &out) }
            block += 1
        }
        return Array(out[..<count])
    }

    /// A key of its own for the first 16 bytes of a nonce; also what makes a key of a shared secret.
    public static func hsalsa20(key: [UInt8], input: [UInt8]) -> [UInt8] {
        precondition(key.count == keyBytes && input.count == 16, "a key has 32 bytes, its input 16")
        let mixed = rounds(state(words(key), words(input)))
        var out: [UInt8] = []
        for index in [0, 5, 10, 15, 6, 7, 8, 9] { append(mixed[index], to: &out) }
        return out
    }

    private static func state(_ key: [UInt32], _ input: [UInt32]) -> [UInt32] {
        [sigma[0]] + key[0..<4] + [sigma[1]] + input[0..<4] + [sigma[2]] + key[4..<8] + [sigma[3]]
    }

    private static func rounds(_ input: [UInt32]) -> [UInt32] {
        var x = input
        func quarter(_ a: Int, _ b: Int, _ c: Int, _ d: Int) {
            x[b] ^= rotated(x[a] &+ x[d], 7)
            x[c] ^= rotated(x[b] &+ x[a], 9)
            x[d] ^= rotated(x[c] &+ x[b], 13)
            x[a] ^= rotated(x[d] &+ x[c], 18)
        }
        for _ in 0..<10 {
            quarter(0, 4, 8, 12)
            quarter(5, 9, 13, 1)
            quarter(10, 14, 2, 6)
            quarter(15, 3, 7, 11)
            quarter(0, 1, 2, 3)
            quarter(5, 6, 7, 4)
            quarter(10, 11, 8, 9)
            quarter(15, 12, 13, 14)
        }
        return x
    }

    private static func rotated(_ word: UInt32, _ bits: UInt32) -> UInt32 { word << bits | word >> (32 - bits) }

    private static func words(_ bytes: [UInt8]) -> [UInt32] {
        stride(from: 0, to: bytes.count, by: 4).map { at in
            UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16 | UInt32(bytes[at + 3]) << 24
        }
    }

    private static func append(_ word: UInt32, to out: inout [UInt8]) {
        for shift in [0, 8, 16, 24] as [UInt32] { out.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
}
