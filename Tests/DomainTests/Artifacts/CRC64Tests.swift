import Testing

@testable import Domain

@Suite("CRC-64")
struct CRC64Tests {
    /// What azure-storage-extensions 0.1.0 computes, and azure-storage-blob sends as x-ms-content-crc64.
    static let sums: [(bytes: [UInt8], base64: String)] = [
        ([], "AAAAAAAAAAA="),
        (Array("a".utf8), "PPzLtEWEL4w="),
        // The check value of the catalogues: 0xAE8B14860A799888.
        (Array("123456789".utf8), "iJh5CoYUi64="),
        ([UInt8](repeating: 0, count: 8), "vZGQ1MTP7ww="),
        (Array(0...255), "bpbZeRLicf8="),
        ([UInt8](repeating: UInt8(ascii: "x"), count: 1_000_003), "A6yaiYsG8Ug="),
    ]

    private static func sum(_ bytes: [UInt8], pieceBytes: Int) -> String {
        var crc = CRC64()
        bytes.withUnsafeBytes { all in
            for start in stride(from: 0, to: all.count, by: pieceBytes) {
                crc.update(UnsafeRawBufferPointer(rebasing: all[start..<min(all.count, start + pieceBytes)]))
            }
        }
        return crc.base64
    }

    @Test("is Azure's", arguments: sums.indices)
    func value(index: Int) {
        let (bytes, base64) = Self.sums[index]
        #expect(Self.sum(bytes, pieceBytes: max(1, bytes.count)) == base64)
    }

    @Test("is the same however the bytes come", arguments: [1, 2, 7, 8, 9, 15, 64, 255])
    func pieces(pieceBytes: Int) {
        for (bytes, base64) in Self.sums.dropLast() { #expect(Self.sum(bytes, pieceBytes: pieceBytes) == base64) }
    }
}
