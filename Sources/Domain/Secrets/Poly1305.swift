/// The one-time authenticator Poly1305.
///
/// Numbers of 130 bits are five limbs of 26; no branch and no look-up depends on the key or the message.
///
/// - Source: RFC 8439, 2.5.
public enum Poly1305 {
    public static let tagBytes = 16

    public static func tag(of message: ArraySlice<UInt8>, key: [UInt8]) -> [UInt8] {
        precondition(key.count == 32, "a key has 32 bytes")
        let mask: UInt64 = 0x3ff_ffff
        // The bits of r that RFC 8439 clears.
        let r = [
            word(key[...], 0) & 0x3ff_ffff, word(key[...], 3) >> 2 & 0x3ff_ff03, word(key[...], 6) >> 4 & 0x3ff_c0ff,
            word(key[...], 9) >> 6 & 0x3f0_3fff, word(key[...], 12) >> 8 & 0x00f_ffff,
        ]
        let s = r.map { $0 * 5 }
        var h = [UInt64](repeating: 0, count: 5)
        var rest = message
        while !rest.isEmpty {
            var block = Array(rest.prefix(16))
            rest = rest.dropFirst(16)
            block.append(1)
            block += [UInt8](repeating: 0, count: 17 - block.count)
            h[0] += word(block[...], 0) & mask
            h[1] += word(block[...], 3) >> 2 & mask
            h[2] += word(block[...], 6) >> 4 & mask
            h[3] += word(block[...], 9) >> 6 & mask
            h[4] += (word(block[...], 12) >> 8) | UInt64(block[16]) << 24
            // The product modulo 2^130 - 5: what goes beyond the fifth limb comes back times five.
            var d = [UInt64](repeating: 0, count: 5)
            for index in 0..<5 {
                for other in 0..<5 {
                    let factor = other <= index ? r[index - other] : s[5 + index - other]
                    d[index] += h[other] * factor
                }
            }
            var carry: UInt64 = 0
            for index in 0..<5 {
                let sum = d[index] + carry
                h[index] = sum & mask
                carry = sum >> 26
            }
            h[0] += carry * 5
            h[1] += h[0] >> 26
            h[0] &= mask
        }
        return finished(h, mask, key)
    }

    /// Reduced below 2^130 - 5, and the second half of the key added.
    private static func finished(_ sum: [UInt64], _ mask: UInt64, _ key: [UInt8]) -> [UInt8] {
        var h = sum
        var carry: UInt64 = 0
        for _ in 0..<2 {
            for index in 0..<5 {
                h[index] += carry
                carry = h[index] >> 26
                h[index] &= mask
            }
            carry *= 5
        }
        h[0] += carry
        var g = h
        g[0] += 5
        for index in 0..<4 {
            g[index + 1] += g[index] >> 26
            g[index] &= mask
        }
        // All ones where h is 2^130 - 5 or more, so that g is taken.
        let takesG = 0 &- (g[4] >> 26)
        g[4] &= mask
        for index in 0..<5 { h[index] = h[index] & ~takesG | g[index] & takesG }
        var words: [UInt64] = []
        for index in 0..<4 {
            let low: UInt64 = h[index] >> (6 * UInt64(index))
            let high: UInt64 = h[index + 1] << (26 - 6 * UInt64(index))
            words.append((low | high) & 0xffff_ffff)
        }
        var out: [UInt8] = []
        carry = 0
        for index in 0..<4 {
            let total = words[index] + word(key[...], 16 + 4 * index) + carry
            carry = total >> 32
            for shift in [0, 8, 16, 24] as [UInt64] { out.append(UInt8(truncatingIfNeeded: total >> shift)) }
        }
        return out
    }

    /// Four bytes, little-endian.
    private static func word(_ bytes: ArraySlice<UInt8>, _ at: Int) -> UInt64 {
        (0..<4).reduce(0) { $0 | UInt64(bytes[bytes.startIndex + at + $1]) << (8 * UInt64($1)) }
    }
}
