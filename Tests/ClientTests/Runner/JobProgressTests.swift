import RunnerProto
import SwiftProtobuf
import Testing

@testable import Client

@Suite("Steps as act's lines tell them")
struct JobProgressTests {
    static func line(_ step: String, _ message: String, _ more: String = "") throws -> ActLine {
        try #require(
            ActLine(
                #"{"jobID":"build","stage":"Main","stepID":["\#(step)"],"level":"info","msg":"\#(message)"\#(more)}"#))
    }

    static func results(_ lines: [ActLine], isCancelled: Bool = false) -> [Runner_V1_StepState] {
        var progress = JobProgress(stepIDs: ["first", nil, nil])
        for (row, line) in lines.enumerated() {
            _ = progress.take(
                line, row: Int64(row), rowCount: 1, isCancelled: isCancelled, at: Google_Protobuf_Timestamp())
        }
        progress.close(isCancelled ? .cancelled : .success, at: Google_Protobuf_Timestamp())
        return progress.steps
    }

    @Test("a step that act passes over is skipped")
    func skipped() throws {
        let steps = try Self.results([
            Self.line("first", "⭐ Run Main a"), Self.line("first", "done", #","stepResult":"success""#),
            Self.line("2", "⭐ Run Main c"), Self.line("2", "hello", #","raw_output":true"#),
            Self.line("2", "done", #","stepResult":"failure""#),
        ])
        #expect(steps.map(\.result) == [.success, .skipped, .failure])
        #expect(steps.map(\.logIndex) == [0, 2, 2])
        #expect(steps.map(\.logLength) == [2, 0, 3])
    }

    @Test("continue-on-error makes a success of a failure")
    func forgiven() throws {
        let steps = try Self.results([
            Self.line("first", "⭐ Run Main a"), Self.line("first", "Failed but continue next step"),
            Self.line("first", "done", #","stepResult":"failure""#),
        ])
        #expect(steps.map(\.result) == [.success, .skipped, .skipped])
    }

    @Test("a cancel makes cancelled steps of those killed and of those that never began")
    func cancelled() throws {
        let steps = try Self.results(
            [
                Self.line("first", "⭐ Run Main a"), Self.line("first", "done", #","stepResult":"failure""#),
                Self.line("2", "⭐ Run Main c"), Self.line("2", "done", #","stepResult":"success""#),
            ], isCancelled: true)
        #expect(steps.map(\.result) == [.cancelled, .cancelled, .success])
    }
}
