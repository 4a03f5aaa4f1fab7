import Client
import Testing

@Suite("Tables for a terminal")
struct TextTableTests {
    private let table = TextTable(
        ["ID", "TITLE", "BY"], [["1", "a long title of a run", "ann"], ["22", "short\n\u{1b}[2J", "bob"]])

    @Test("columns stand below each other, and nothing in a cell steers the terminal")
    func whole() {
        #expect(
            table.text(width: nil) == """
                ID  TITLE                  BY
                1   a long title of a run  ann
                22  short??[2J             bob

                """)
    }

    @Test("the widest column gives way", arguments: [20, 24, 80])
    func narrow(width: Int) {
        let lines = table.text(width: width).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= width }, "\(lines)")
        #expect(lines.allSatisfy { $0.contains("ann") || $0.contains("bob") || $0.contains("BY") })
        #expect(lines[1].contains("…") == (width < 30))
    }

    @Test("of a terminal that is too narrow for it the headings stay")
    func tiny() { #expect(table.text(width: 3).contains("TITLE")) }
}
