import Foundation
import RunnerProto
import SwiftProtobuf

/// The steps of a job as act's lines tell them. Values only; ``TaskReport`` sends them.
struct JobProgress {
    private(set) var steps: [Runner_V1_StepState]
    /// The result act gave the job; nil while it runs, and for ever if it never began.
    private(set) var result: Runner_V1_Result?
    private(set) var hasBegun = false
    private let stepIDs: [String?]
    /// The step that is in its main stage; its rows are the rows until the next step begins.
    private var current: Int?
    private var forgiven = false

    init(stepIDs: [String?]) {
        self.stepIDs = stepIDs
        steps = stepIDs.indices.map { index in Runner_V1_StepState.with { $0.id = Int64(index) } }
    }

    /// The step whose summary a line brings; of a composite action it is the step that uses it.
    func summaryStep(_ line: ActLine) -> Int? { line.command == "summary" ? line.step(of: stepIDs) : nil }

    /// Takes one line of the job.
    ///
    /// - Parameter row: number of the first row this line makes.
    /// - Parameter isCancelled: act calls a step it killed failed; when the job is being cancelled it is cancelled.
    /// - Returns: whether a step changed.
    mutating func take(
        _ line: ActLine, row: Int64, rowCount: Int64, isCancelled: Bool, at now: Google_Protobuf_Timestamp
    ) -> Bool {
        hasBegun = true
        var changed = false
        if let position = line.step(of: stepIDs), line.stage == "Main" {
            if line.beginsStep, !steps[position].hasStartedAt, steps[position].result == .unspecified {
                begin(position, row: row, isCancelled: isCancelled, at: now)
                changed = true
            }
            if current == position { steps[position].logLength = row + rowCount - steps[position].logIndex }
            if line.stepPath?.count == 1 { changed = end(position, line, isCancelled: isCancelled, at: now) || changed }
        }
        if let result = line.jobResult { self.result = Runner_V1_Result(actWord: result) }
        return changed
    }

    /// Gives every step that has no result one: the job is over.
    package mutating func close(_ jobResult: Runner_V1_Result, at now: Google_Protobuf_Timestamp) {
        for index in steps.indices where steps[index].result == .unspecified {
            if jobResult == .cancelled {
                steps[index].result = .cancelled
            } else {
                steps[index].result = steps[index].hasStartedAt ? .failure : .skipped
            }
            if steps[index].hasStartedAt { steps[index].stoppedAt = now }
        }
    }

    private mutating func begin(_ position: Int, row: Int64, isCancelled: Bool, at now: Google_Protobuf_Timestamp) {
        // act says nothing of a step it skips: a later one begins.
        for earlier in 0..<position where !steps[earlier].hasStartedAt && steps[earlier].result == .unspecified {
            steps[earlier].result = isCancelled ? .cancelled : .skipped
            steps[earlier].logIndex = row
        }
        steps[position].startedAt = now
        steps[position].logIndex = row
        current = position
        forgiven = false
    }

    private mutating func end(
        _ position: Int, _ line: ActLine, isCancelled: Bool, at now: Google_Protobuf_Timestamp
    ) -> Bool {
        // act writes the outcome; with continue-on-error the conclusion differs, which it announces before.
        if line.forgivesFailure { forgiven = true }
        guard let word = line.stepResult, let result = Runner_V1_Result(actWord: word) else { return false }
        steps[position].result = result != .failure ? result : forgiven ? .success : isCancelled ? .cancelled : .failure
        steps[position].stoppedAt = now
        return true
    }
}

extension Runner_V1_Result {
    /// The result that act calls `success`, `failure` or `skipped`.
    init?(actWord: String) {
        switch actWord {
        case "success": self = .success
        case "failure": self = .failure
        case "skipped": self = .skipped
        case "cancelled": self = .cancelled
        default: return nil
        }
    }
}
