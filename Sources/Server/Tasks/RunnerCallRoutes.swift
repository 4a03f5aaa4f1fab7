import Domain
import Foundation
import Postgres
import RunnerProto
import SwiftProtobuf
import Web

/// An RPC of the runner service, and how its message is read and answered (runner.md 1).
enum RunnerCallRoutes {
    static let service = "/api/actions/runner.v1.RunnerService/"

    static let all: [Endpoint] = [
        .call("/api/actions/ping.v1.PingService/Ping", .open, "Answer a greeting.", ping),
        Endpoint(
            .get, "/_check/runner", .runner, shape: .question, answers: [.none(204), .failure(403)],
            "Say whether a large body comes from a runner: asked by nginx before it reads one."
        ) { _, _, _ in .noContent },
    ]

    @Sendable private static func ping(
        _ message: Ping_V1_PingRequest, _: Void, _ request: Request, _ app: App
    ) -> Ping_V1_PingResponse {
        var answer = Ping_V1_PingResponse()
        answer.data = "Hello, \(message.data)!"
        return answer
    }
}

/// A call whose envelope is sound, by somebody who may.
struct Called<Context: Sendable>: Sendable {
    let call: ConnectCall
    let context: Context
}

extension Web.Access where App == Server.App {
    /// The envelope is looked at first: Connect has its own answers to a wrong method and a wrong type (runner.md 1.2). The
    /// message is not: only who may call makes us decode one.
    func calling(bytesMax: Int = ConnectLimits.smallMessageBytesMax) -> Web.Access<App, Called<Context>> {
        Web.Access<App, Called<Context>>(name) { request, app in
            switch try ConnectCall.open(request, bytesMax: bytesMax) {
            case .failure(let refused): throw refused
            case .success(let call): return Called(call: call, context: try admit(request, app))
            }
        }
    }
}

extension Web.Endpoint where App == Server.App {
    /// One call: the message is read when the caller may, the answer written in the same codec.
    static func call<Context, In: Message, Out: Message>(
        _ path: String, _ access: Web.Access<App, Context>, headers: [(name: String, value: String)] = [],
        _ summary: String, _ handler: @escaping @Sendable (In, Context, Request, App) throws -> Out
    ) -> Self {
        .reading(
            path, access, body: .message(In.protoMessageName, bytesMax: ConnectLimits.smallMessageBytesMax),
            headers: headers, summary
        ) { call, context, request, app in try handler(try call.message(In.self), context, request, app) }
    }

    /// For a handler that reads the message itself.
    static func reading<Context, Out: Message>(
        _ path: String, _ access: Web.Access<App, Context>, body: BodyShape,
        headers: [(name: String, value: String)] = [], _ summary: String,
        _ handler: @escaping @Sendable (ConnectCall, Context, Request, App) throws -> Out
    ) -> Self {
        Endpoint(
            .every, path, access.calling(bytesMax: body.bytesMax), body: body,
            answers: [.message(Out.protoMessageName), .failure(400), .failure(401)], summary
        ) { request, called, app in
            try called.call.answer(try handler(called.call, called.context, request, app), headers: headers)
        }
    }
}

extension FailureShape {
    /// To nginx, which hands a challenge (401) on to the client.
    static let question = FailureShape("question") { error in
        let failure = Failure(describing: error)
        return failure.kind == .unauthenticated
            ? .text(403, failure.message + "\n") : FailureShape.page.render(failure)
    }
}
