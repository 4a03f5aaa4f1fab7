import Glibc
import Testing

@testable import Postgres

@Suite("A deadline")
struct DeadlineTests {
    @Test("is over when nothing comes, and says so")
    func over() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        #expect(!Deadline(milliseconds: 0).wait(for: ends[0], reading: true))
        #expect(!Deadline(milliseconds: 20).wait(for: ends[0], reading: true))
    }

    @Test("ends the wait when there is something to read, or room to write", arguments: [nil, 60_000])
    func ready(milliseconds: Int?) throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        #expect(Deadline(milliseconds: milliseconds).wait(for: ends[1], reading: false))
        try #require(write(ends[1], "x", 1) == 1)
        #expect(Deadline(milliseconds: milliseconds).wait(for: ends[0], reading: true))
    }
}
