import Crypto
import Domain
import Foundation
import Postgres
import RunnerProto
import SwiftProtobuf

/// The task message of runner.md 3.7.
struct TaskMessage: Sendable {
    /// Seconds a runtime token lives: the longest job (3 h) and one more (runner.md 6.4).
    static let runtimeTokenSeconds: Int64 = 4 * 3600

    let app: App

    func make(_ assignment: Assignment, token: String, base: String) throws -> Runner_V1_Task {
        var task = Runner_V1_Task()
        task.id = assignment.task.number
        task.workflowPayload = Data(assignment.payload.utf8)
        task.secrets = ["GITHUB_TOKEN": token, "GITEA_TOKEN": token, "FORGEJO_TOKEN": token]
        for need in assignment.needs {
            var sent = Runner_V1_TaskNeed()
            sent.result = Runner_V1_Result(rawValue: need.result.runnerResult) ?? .unspecified
            for output in need.outputs { sent.outputs[output.name] = output.value }
            task.needs[need.key] = sent
        }
        task.context = try context(assignment, token: token, base: base)
        return task
    }

    private func context(_ assignment: Assignment, token: String, base: String) throws -> Google_Protobuf_Struct {
        let runtime = try runtimeToken(assignment)
        let own = [
            ("job", assignment.jobKey), ("token", token), ("gitea_runtime_token", runtime),
            ("forgejo_runtime_token", runtime), ("gitea_default_actions_url", "https://github.com"),
            ("forgejo_default_actions_url", "https://github.com"),
        ]
        var context = Google_Protobuf_Struct()
        for (key, value) in githubTexts(assignment.facts, base: base) + own {
            context.fields[key] = Google_Protobuf_Value(stringValue: value)
        }
        context.fields["ref_protected"] = Google_Protobuf_Value(boolValue: false)
        do {
            context.fields["event"] = Google_Protobuf_Value(
                structValue: try Google_Protobuf_Struct(jsonUTF8Bytes: Array(assignment.eventPayload.utf8)))
        } catch {
            throw Failure(.fault, "the event's payload is no JSON object: \(error)")
        }
        return context
    }

    /// A JWT whose `scp` has exactly three parts, as @actions/artifact reads it unverified (runner.md 6.4).
    private func runtimeToken(_ assignment: Assignment) throws -> String {
        let now = Clock.nowMicroseconds() / 1_000_000
        let ids = "\"TaskID\":\(assignment.task),\"RunID\":\(assignment.run),\"JobID\":\(assignment.job)"
        let claims =
            #"{"scp":"Actions.Results:\#(assignment.run):\#(assignment.job)",\#(ids),"ac":"[{\"Scope\":\"\",\"Permission\":2}]","nbf":\#(now),"exp":\#(now + Self.runtimeTokenSeconds)}"#
        let signed = base64URL(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8)) + "." + base64URL(Array(claims.utf8))
        let mark = HMAC<SHA256>.authenticationCode(for: Array(signed.utf8), using: app.runtimeKey)
        return signed + "." + base64URL(Array(mark))
    }

    private func base64URL(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
