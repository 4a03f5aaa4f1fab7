import Domain
import RunnerProto
import SwiftProtobuf
import Testing

@testable import Client
@testable import Server
@testable import Web

/// One field as text, so that lists of them can be compared.
private func spelled(_ field: LogIntake.Field) -> String {
    switch field {
    case .task(let number): "task \(number)"
    case .index(let number): "index \(number)"
    case .noMore(let flag): "noMore \(flag)"
    case .row(let time, let content):
        "row \(time.map { "\($0.seconds).\($0.nanoseconds)" } ?? "-") \(content.count) \(String(decoding: content.prefix(9), as: UTF8.self))"
    }
}

@Suite("H2: the fields of an UpdateLog, read as a stream")
struct UpdateLogReaderTests {
    static func read(_ body: [UInt8], pieces: Int) throws -> [String] {
        var reader = UpdateLogReader()
        var fields: [String] = []
        for start in stride(from: 0, to: body.count, by: pieces) {
            try Array(body[start..<min(body.count, start + pieces)]).withUnsafeBytes {
                try reader.feed($0) { fields.append(spelled($0)) }
            }
        }
        try reader.finish()
        return fields
    }

    static let message = Runner_V1_UpdateLogRequest.with {
        $0.taskID = 7
        $0.index = 300
        $0.noMore = true
        $0.rows = (0..<5).map { number in
            Runner_V1_LogRow.with {
                if number > 0 {
                    $0.time = .with {
                        $0.seconds = -5; $0.nanos = 7
                    }
                }
                $0.content = String(repeating: "x", count: number * 100)
            }
        }
    }

    @Test("are the same in pieces of any size", arguments: [1, 2, 3, 7, 100, 1_000_000])
    func pieces(size: Int) throws {
        let fields = try Self.read(Self.message.serializedBytes(), pieces: size)
        #expect(
            fields == [
                "task 7", "index 300", "row - 0 ", "row -5.7 100 xxxxxxxxx", "row -5.7 200 xxxxxxxxx",
                "row -5.7 300 xxxxxxxxx", "row -5.7 400 xxxxxxxxx", "noMore true",
            ])
    }

    @Test(
        "of a row that is longer than any stored one are its time and the beginning of its text",
        arguments: [7, 4096, 9_000_000])
    func longRow(size: Int) throws {
        var message = Self.message
        message.rows = [message.rows[1], message.rows[2]]
        message.rows[0].content = String(repeating: "y", count: 5_000_000)
        let fields = try Self.read(message.serializedBytes(), pieces: size)
        #expect(fields.count == 5)
        let long = fields[2].split(separator: " ")
        #expect(long[1] == "-5.7" && (Int(long[2]) ?? 0) > LogLimits.rowBytesMax && long[3] == "yyyyyyyyy")
        #expect(fields[3] == "row -5.7 200 xxxxxxxxx")
    }

    @Test("that nobody knows are passed over, and an empty message has none", arguments: [1, 5, 100])
    func unknown(size: Int) throws {
        let unknown: [UInt8] =
            [0x50, 0x96, 0x01, 0x59] + [UInt8](repeating: 1, count: 8) + [0x5D, 1, 2, 3, 4, 0x62, 3, 9, 9, 9, 0x08, 1]
        #expect(try Self.read(unknown, pieces: size) == ["task 1"])
        #expect(try Self.read([], pieces: size) == [])
    }

    @Test("at the ends of their numbers are numbers")
    func extremes() throws {
        for number in [Int64.min, -1, 0, .max] {
            let body: [UInt8] = try Runner_V1_UpdateLogRequest.with {
                $0.taskID = number
                $0.index = number
                $0.rows = [
                    Runner_V1_LogRow.with {
                        $0.time.seconds = number; $0.time.nanos = Int32(truncatingIfNeeded: number)
                    }
                ]
            }.serializedBytes()
            let nanoseconds = Int32(truncatingIfNeeded: number)
            let head = number == 0 ? [] : ["task \(number)", "index \(number)"]
            #expect(try Self.read(body, pieces: 3) == head + ["row \(number).\(nanoseconds) 0 "])
        }
    }

    @Test(
        "are refused when one points outside the message",
        arguments: [
            [0x1A], [0x1A, 0x05, 1], [0x08], [0x08, 0x80], [0x09, 1, 2], [0x0D, 1], [0x0B], [0x00, 0x01],
            [0x1A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0x1A, 0x02, 0x12, 0x05], [0x1A, 0x01, 0x0B], [0x1A, 0x02, 0x0D, 1],
            [UInt8](repeating: 0xFF, count: 11), [0x1A] + [UInt8](repeating: 0xFF, count: 9) + [0x01],
        ] as [[UInt8]])
    func malformed(body: [UInt8]) {
        for size in [1, 100] {
            #expect(throws: UpdateLogReader.Malformed.self) { try Self.read(body, pieces: size) }
        }
    }
}

@Suite("H2: an UpdateLog in JSON, in parts")
struct UpdateLogJSONTests {
    static func parts(_ json: String) throws -> (head: String, rows: [String]) {
        let parts = try UpdateLogJSON(Array(json.utf8))
        var rows: [String] = []
        try parts.rows { rows.append(String(decoding: $0, as: UTF8.self)) }
        return (String(decoding: parts.head, as: UTF8.self), rows)
    }

    @Test(
        "are the message without its rows, and its rows",
        arguments: [
            (#"{}"#, "{}", []), (#" { } "#, "{}", []), (#"{"rows":null}"#, "{}", []), (#"{"rows":[ ]}"#, "{}", []),
            (
                #"{"rows":[{"content":"]}\"},"}, {}],"index": "7" ,"taskId":1}"#, #"{"index":"7","taskId":1}"#,
                [#"{"rows":[{"content":"]}\"},"}, {}]}"#]
            ),
            (#"{"later":{"rows":[1,{"a":"}"}]},"no_more":true}"#, #"{"no_more":true}"#, []),
        ] as [(String, String, [String])])
    func split(json: String, head: String, rows: [String]) throws {
        let parts = try Self.parts(json)
        #expect(parts.head == head && parts.rows == rows)
    }

    @Test("have few rows each, however many there are")
    func many() throws {
        let rows = try Self.parts(#"{"rows":["# + [String](repeating: "{}", count: 1300).joined(separator: ",") + "]}")
            .rows
        #expect(rows.map { $0.count(where: { $0 == "{" }) - 1 } == [512, 512, 276])
    }

    @Test(
        "are refused when it is no message",
        arguments: [
            "", "[]", "7", "{", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a":1}x"#, #"{"rows":[}"#, #"{"rows":[{]}"#,
            #"{"a":"#,
            #"{"rows":[],"rows":[]}"#, #"{"rows":"x"}"#, #"{"rows":{}}"#, #"{"rows":7}"#, #"{"r\u006fws":[]}"#,
            #"{a:1}"#, #"{"rows":[{},]}"#,
            #"{"index":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#,
        ])
    func malformed(json: String) { #expect(throws: Failure.self) { try Self.parts(json) } }
}
