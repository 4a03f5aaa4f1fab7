import Client
import Domain
import Foundation
import Postgres
import RunnerProto
import SwiftProtobuf
import Web

/// How runners come and say what they can (runner.md 2).
enum RegistrationRoutes {
    static let all: [Endpoint] = [
        .call(RunnerCallRoutes.service + "Register", .open, "Register a runner by a registration token.", register),
        .call(
            RunnerCallRoutes.service + "Declare", .runner, headers: SummaryRoutes.capabilities,
            "Take a runner's version, labels and capabilities.", declare),
    ]

    @Sendable static func register(
        _ message: Runner_V1_RegisterRequest, _: Void, _ request: Request, _ app: App
    ) throws -> Runner_V1_RegisterResponse {
        guard !message.token.isEmpty, !message.name.isEmpty else {
            throw Failure(.invalid, "missing runner token, name")
        }
        // The token of an owner or repository that is gone went with it.
        guard let grant = try app.registrationTokens.known(hash: Token.hash(message.token)) else {
            throw Failure(.invalid, "runner registration token not found")
        }
        guard grant.isActive else {
            throw Failure(
                .invalid, "runner registration token has been invalidated, please use the latest one")
        }
        let sent = message.labels.isEmpty ? message.agentLabels : message.labels
        let token = Token.make()
        guard
            let runner = try app.runners.register(
                name: cut(message.name, bytesMax: RunnerLimits.nameBytesMax),
                version: cut(message.version, bytesMax: RunnerLimits.versionBytesMax), labels: try checkedLabels(sent),
                capabilities: try checkedCapabilities(message.capabilities), ephemeral: message.ephemeral,
                tokenHash: Token.hash(token),
                scope: grant.scope)
        else { throw Failure(.fault, "the runner was not stored") }
        var answer = Runner_V1_RegisterResponse()
        answer.runner = wire(runner)
        answer.runner.token = token
        return answer
    }

    @Sendable static func declare(
        _ message: Runner_V1_DeclareRequest, _ runner: Runner, _ request: Request, _ app: App
    ) throws -> Runner_V1_DeclareResponse {
        // Asked of the database: that an ephemeral runner was given its one job may not have been announced yet.
        if runner.ephemeral, try app.runners.runner(uuid: runner.uuid)?.isSpent ?? true {
            throw Failure(.unauthenticated, "unregistered runner")
        }
        let updated = try app.runners.declare(
            runner, version: cut(message.version, bytesMax: RunnerLimits.versionBytesMax),
            labels: try checkedLabels(message.labels), capabilities: try checkedCapabilities(message.capabilities))
        app.caches.polls.forget(uuid: runner.uuid)
        var answer = Runner_V1_DeclareResponse()
        answer.runner = wire(updated ?? runner)
        return answer
    }

    private static func wire(_ runner: Runner) -> Runner_V1_Runner {
        var out = Runner_V1_Runner()
        out.id = runner.id.number
        out.uuid = runner.uuid
        out.name = runner.name
        out.version = runner.version
        out.labels = runner.labels
        out.ephemeral = runner.ephemeral
        out.status = .idle
        return out
    }
}

/// Labels as they are stored: their names alone.
///
/// - Throws: `.invalid` naming the one that cannot be a label.
package func checkedLabels(_ sent: [String]) throws -> [String] {
    guard sent.count <= RunnerLimits.labelsMax else {
        throw Failure(.invalid, "\(sent.count) labels; a runner may have at most \(RunnerLimits.labelsMax)")
    }
    return try sent.map { label in
        guard !label.isEmpty, label.utf8.count <= RunnerLimits.labelBytesMax, !label.utf8.contains(0) else {
            throw Failure(.invalid, "label \"\(label)\" must be 1 to \(RunnerLimits.labelBytesMax) bytes")
        }
        return labelName(label)
    }
}

/// What a runner says it can do. Those that nobody here knows are kept: a newer server may.
private func checkedCapabilities(_ sent: [String]) throws -> [String] {
    guard sent.count <= RunnerLimits.capabilitiesMax,
        sent.allSatisfy({ $0.utf8.count <= RunnerLimits.labelBytesMax && !$0.utf8.contains(0) })
    else {
        throw Failure(
            .invalid,
            "\(sent.count) capabilities; a runner may have at most \(RunnerLimits.capabilitiesMax), each of at most "
                + "\(RunnerLimits.labelBytesMax) bytes")
    }
    return sent
}
