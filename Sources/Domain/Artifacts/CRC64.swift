import FoundationEssentials

/// CRC-64 as Azure's `x-ms-content-crc64` has it: the one that catalogues call CRC-64/NVME (compared with Microsoft's
/// azure-storage-extensions 0.1.0, whose values are in CRC64Tests).
public struct CRC64 {
    private var register: UInt64 = .max

    public init() {}

    public var value: UInt64 { ~register }

    /// The eight bytes of the value, lowest first, in base64.
    public var base64: String { withUnsafeBytes(of: value.littleEndian) { Data($0).base64EncodedString() } }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var register = register
        Self.tables.withUnsafeBufferPointer { tables in
            var at = 0
            while at + 8 <= bytes.count {
                let word = register ^ UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
                var next: UInt64 = 0
                for byte in 0..<8 {
                    next ^= tables[(7 - byte) << 8 | Int(truncatingIfNeeded: word >> UInt64(8 * byte)) & 255]
                }
                register = next
                at += 8
            }
            while at < bytes.count {
                register = tables[Int(truncatingIfNeeded: register ^ UInt64(bytes[at])) & 255] ^ register >> 8
                at += 1
            }
        }
        self.register = register
    }

    /// Eight tables of 256: what a byte contributes when 0 to 7 bytes follow it, so that eight are taken at once.
    private static let tables: [UInt64] = {
        var tables = (0..<256).map { byte -> UInt64 in
            (0..<8).reduce(UInt64(byte)) { value, _ in value & 1 == 1 ? polynomial ^ value >> 1 : value >> 1 }
        }
        for at in 256..<2048 {
            let before = tables[at - 256]
            tables.append(tables[Int(before & 255)] ^ before >> 8)
        }
        return tables
    }()

    /// 0xAD93D23594C93659, its bits reversed.
    private static let polynomial: UInt64 = 0x9A6C_9329_AC4B_C9B5
}
