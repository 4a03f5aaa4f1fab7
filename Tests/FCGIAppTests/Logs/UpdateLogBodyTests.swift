import RunnerProto
import SwiftProtobuf
import Testing

@testable import FCGIApp

@Suite("The body of an UpdateLog")
struct UpdateLogBodyTests {
    static let message = Runner_V1_UpdateLogRequest.with {
        $0.taskID = 7
        $0.index = 300
        $0.noMore = true
        $0.rows = (0..<5).map { number in
            Runner_V1_LogRow.with {
                $0.time.seconds = 1
                $0.content = String(repeating: "x", count: number * 100)
            }
        }
    }

    @Test("keeps everything but the rows beyond the limit, and counts those too", arguments: [0, 1, 4, 5, 9])
    func cut(rowsMax: Int) throws {
        let body: [UInt8] = try Self.message.serializedBytes()
        let cut = try #require(UpdateLogBody.cut(body, rowsMax: rowsMax))
        var expected = Self.message
        expected.rows = Array(expected.rows.prefix(rowsMax))
        #expect(try Runner_V1_UpdateLogRequest(serializedBytes: cut.body) == expected)
        #expect(cut.rowCount == 5)
    }

    @Test("keeps fields it does not know, and an empty message")
    func unknown() throws {
        let unknown: [UInt8] =
            [0x50, 0x96, 0x01, 0x59] + [UInt8](repeating: 1, count: 8) + [0x5D, 1, 2, 3, 4, 0x62, 1, 9]
        #expect(try #require(UpdateLogBody.cut(unknown, rowsMax: 0)).body == unknown)
        #expect(try #require(UpdateLogBody.cut([], rowsMax: 0)).rowCount == 0)
    }

    @Test(
        "is refused when a field points outside it, at every cut of a good one",
        arguments: [
            [0x1A], [0x1A, 0x05, 1], [0x08], [0x08, 0x80], [0x09, 1, 2], [0x0D, 1], [0x0B],
            [0x1A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
            [UInt8](repeating: 0xFF, count: 11), [0x1A] + [UInt8](repeating: 0xFF, count: 9) + [0x01],
        ] as [[UInt8]])
    func malformed(body: [UInt8]) { #expect(UpdateLogBody.cut(body, rowsMax: 9) == nil) }

    @Test(
        "as JSON: objects are counted, braces in strings are not",
        arguments: [
            (#"{"rows":[{},{"time":"x"}]}"#, 3), (#"{"rows":[{"content":"{{{"}]}"#, 2),
            (#"{"a":"\"{","b":"\\","c":{}}"#, 2),
            ("", 0),
        ])
    func objects(json: String, count: Int) { #expect(UpdateLogBody.objectCount(Array(json.utf8)) == count) }
}
