import Domain
import Foundation
import Postgres
import RunnerProto
import SwiftProtobuf
import Web

/// The task message of runner.md 3.7.
struct TaskMessage: Sendable {
    let app: App

    package func make(_ assignment: Assignment, token: String, base: String) throws -> Runner_V1_Task {
        var task = Runner_V1_Task()
        task.id = assignment.task.number
        task.workflowPayload = Data(try assignment.payload())
        let secrets = resolved(assignment.settings.secrets)
        let granted = try assignment.secretGrant().names(of: secrets.map(\.name.text))
        for (name, source) in granted {
            if let secret = secrets.first(where: { $0.name.text == source }) {
                task.secrets[name] = try app.secretKeys.open(secret)
            }
        }
        // Behind the others: nobody overrides the job's own token.
        for name in ["GITHUB_TOKEN", "GITEA_TOKEN", "FORGEJO_TOKEN"] { task.secrets[name] = token }
        for variable in resolved(assignment.settings.variables) { task.vars[variable.name.text] = variable.value }
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
        let runtime = try app.runtimeToken(for: assignment)
        let own = [
            ("job", assignment.jobKey), ("token", token), ("gitea_runtime_token", runtime),
            ("forgejo_runtime_token", runtime), ("gitea_default_actions_url", app.configuration.defaultActionsURL),
            ("forgejo_default_actions_url", app.configuration.defaultActionsURL),
        ]
        let identity =
            assignment.mayIdentify ? IdentityRoutes.contextTexts(assignment.run, base: base, token: runtime) : []
        var context = Google_Protobuf_Struct()
        for (key, value) in githubTexts(
            assignment.facts, base: base,
            request: PullRequestRefs(of: assignment.facts.event, payload: assignment.eventPayload)) + own + identity
        {
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
}
