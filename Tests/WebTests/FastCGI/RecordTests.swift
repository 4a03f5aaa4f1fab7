import Testing

@testable import Web

@Suite("Writing FastCGI records")
struct RecordTests {
    /// What a reader of records makes of an answer; nil when it is not whole records.
    private static func records(_ bytes: [UInt8]) -> [(type: UInt8, id: Int, content: [UInt8])]? {
        var out: [(type: UInt8, id: Int, content: [UInt8])] = []
        var at = 0
        while at < bytes.count {
            guard at + 8 <= bytes.count, bytes[at] == 1 else { return nil }
            let end = at + 8 + Int(bytes[at + 4]) << 8 + Int(bytes[at + 5])
            guard end + Int(bytes[at + 6]) <= bytes.count else { return nil }
            out.append((bytes[at + 1], Int(bytes[at + 2]) << 8 + Int(bytes[at + 3]), Array(bytes[(at + 8)..<end])))
            at = end + Int(bytes[at + 6])
        }
        return out
    }

    @Test(
        "an answer of any size is records of at most 65 535 bytes, an empty one, and the end",
        arguments: [0, 1, 65_535, 65_536, 200_001])
    func sizes(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let records = try #require(Self.records(Record.answer(bytes, id: 0x0102)))
        #expect(records.allSatisfy { $0.id == 0x0102 })
        let output = records.filter { $0.type == Record.stdout }
        #expect(output.flatMap(\.content) == bytes)
        #expect(output.dropLast().allSatisfy { !$0.content.isEmpty })
        #expect(output.last?.content == [])
        #expect(records.last?.type == Record.endRequest)
        #expect(records.last?.content == [UInt8](repeating: 0, count: 8))
        #expect(records.count == (count + 65_534) / 65_535 + 2)
    }
}
