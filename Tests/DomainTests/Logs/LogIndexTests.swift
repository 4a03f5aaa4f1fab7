import Domain
import Testing

@Suite("A sealed log's index")
struct LogIndexTests {
    static let index = LogIndex(
        rows: 10, bytes: 100, fileBytes: 60,
        segments: [
            .init(row: 0, byte: 0, fileOffset: 10), .init(row: 4, byte: 40, fileOffset: 25),
            .init(row: 9, byte: 90, fileOffset: 40),
        ])

    @Test(
        "finds the segment of a row",
        arguments: [(Int64(0), Int?.some(0)), (3, 0), (4, 1), (8, 1), (9, 2), (10, nil), (-1, nil), (.max, nil)])
    func holding(row: Int64, segment: Int?) { #expect(Self.index.segment(holding: row) == segment) }

    @Test("says where each is: in the file, in the text, in rows")
    func ranges() {
        #expect((0..<3).map(Self.index.fileRange) == [10..<25, 25..<40, 40..<60])
        #expect((0..<3).map(Self.index.byteCount) == [40, 50, 10])
        #expect((0..<3).map(Self.index.rows(of:)) == [0..<4, 4..<9, 9..<10])
    }

    @Test("of an empty log has no segment")
    func empty() {
        #expect(LogIndex(rows: 0, bytes: 0, fileBytes: 0, segments: []).segment(holding: 0) == nil)
    }
}
