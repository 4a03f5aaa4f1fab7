import Domain
import Postgres
import RunnerProto
import SwiftProtobuf
import Web

/// The artifact service of upload-artifact v4 and later: five calls that carry no bytes (artifacts.md 3).
enum ArtifactV4Routes {
    static let service = "/twirp/github.actions.results.api.v1.ArtifactService"
    static let all: [Endpoint] = [
        call("CreateArtifact", "Create an artifact, and give the address of its upload.", create),
        call("FinalizeArtifact", lane: .long, "Put an artifact together.", finalize),
        call("ListArtifacts", "List the artifacts of a run.", list),
        call("GetSignedArtifactURL", "Give the address of a download.", sign),
        call("DeleteArtifact", "Delete an artifact.", delete),
    ]

    /// One call: the message is read, its run compared with the token's, the answer written in the same codec.
    ///
    /// The ids of the job in a body are neither trusted nor refused: what List said of another job comes back here.
    /// The run must be the token's; a made-up one and somebody else's are told the same (artifacts.md 3.1).
    private static func call<Message: OfRun, Answer: SwiftProtobuf.Message>(
        _ name: String, lane: Lane = .work, _ summary: String,
        _ answer: @escaping @Sendable (Message, LiveTask, Request, App) throws -> Answer
    ) -> Endpoint {
        Endpoint(
            .post, "\(service)/\(name)", .task, lane: lane,
            body: .message(
                Message.protoMessageName,
                bytesMax: lane.isPoll ? LaneLimits.pollBodyBytesMax : ConnectLimits.smallMessageBytesMax),
            answers: [.message(Answer.protoMessageName), .failure(400), .failure(401), .failure(403), .failure(404)],
            summary
        ) { request, task, app in
            let call = try TwirpCall(request)
            let wanted = try call.message(Message.self)
            guard wanted.workflowRunBackendID == "\(task.run)" else {
                throw Failure(
                    .forbidden,
                    "workflow_run_backend_id \"\(wanted.workflowRunBackendID)\" is not the runtime token's, which is \"\(task.run)\""
                )
            }
            return try call.answer(try answer(wanted, task, request, app))
        }
    }

    @Sendable private static func create(
        _ wanted: Github_Actions_Results_Api_V1_CreateArtifactRequest, _ task: LiveTask, _ request: Request, _ app: App
    ) throws -> Github_Actions_Results_Api_V1_CreateArtifactResponse {
        let name: ArtifactName
        let content: ArtifactContent
        do {
            name = try ArtifactName(wanted.name)
            content = try ArtifactContent(
                name: name, version: Int64(wanted.version), mimeType: wanted.hasMimeType ? wanted.mimeType.value : nil)
        } catch let problem as ArtifactName.Invalid {
            throw Failure(.invalid, "\(problem)")
        } catch let problem as MimeProblem {
            throw Failure(.invalid, "\(problem)")
        }
        let asked: AskedRetention = wanted.hasExpiresAt ? .until(Instant(wire: wanted.expiresAt)) : .unsaid
        let made = try app.artifacts.create(name, content, by: task, asked: asked, now: request.now)
        for upload in made.dropped { app.storage.clearStaging(of: upload) }
        var answer = Github_Actions_Results_Api_V1_CreateArtifactResponse()
        answer.ok = true
        answer.signedUploadURL = try app.uploadURL(made.upload, base: app.base(of: request), now: request.now)
        return answer
    }

    @Sendable private static func finalize(
        _ wanted: Github_Actions_Results_Api_V1_FinalizeArtifactRequest, _ task: LiveTask, _ request: Request,
        _ app: App
    ) throws -> Github_Actions_Results_Api_V1_FinalizeArtifactResponse {
        guard wanted.size >= 0 else {
            throw Failure(.invalid, "size is \(wanted.size); it is a number of bytes from 0")
        }
        var digest: Digest?
        if wanted.hasHash, !wanted.hash.value.isEmpty {
            digest = Digest(labelled: wanted.hash.value)
            guard digest != nil else {
                throw Failure(
                    .invalid, "hash is \"\(wanted.hash.value)\"; it must be sha256: and 64 hexadecimal digits")
            }
        }
        var answer = Github_Actions_Results_Api_V1_FinalizeArtifactResponse()
        answer.ok = true
        answer.artifactID = try Assembly(app: app).finish(wanted.name, bytes: wanted.size, digest: digest, by: task)
            .number
        return answer
    }

    @Sendable private static func list(
        _ wanted: Github_Actions_Results_Api_V1_ListArtifactsRequest, _ task: LiveTask, _ request: Request, _ app: App
    ) throws -> Github_Actions_Results_Api_V1_ListArtifactsResponse {
        let found = try app.artifactViews.visible(
            in: task.run, protocols: [4], name: wanted.hasNameFilter ? wanted.nameFilter.value : nil,
            id: wanted.hasIDFilter ? wanted.idFilter.value : nil, limit: ArtifactLimits.listMax)
        var answer = Github_Actions_Results_Api_V1_ListArtifactsResponse()
        answer.artifacts = found.map { artifact in
            var item = Github_Actions_Results_Api_V1_ListArtifactsResponse.MonolithArtifact()
            item.workflowRunBackendID = "\(artifact.run)"
            item.workflowJobRunBackendID = "\(artifact.job ?? task.job)"
            item.databaseID = artifact.id.number
            item.name = artifact.name
            item.size = artifact.bytes
            let created = artifact.createdAt ?? 0
            item.createdAt.seconds = created / 1_000_000
            item.createdAt.nanos = Int32(created % 1_000_000) * 1000
            if let digest = artifact.digest { item.digest = .with { $0.value = digest } }
            return item
        }
        return answer
    }

    @Sendable private static func sign(
        _ wanted: Github_Actions_Results_Api_V1_GetSignedArtifactURLRequest, _ task: LiveTask, _ request: Request,
        _ app: App
    ) throws -> Github_Actions_Results_Api_V1_GetSignedArtifactURLResponse {
        guard
            let artifact = try app.artifactViews.visible(
                in: task.run, protocols: [4], name: wanted.name, limit: 1
            ).first
        else { throw missing(wanted.name) }
        var answer = Github_Actions_Results_Api_V1_GetSignedArtifactURLResponse()
        answer.signedURL = try app.downloadURL(artifact.id, base: app.base(of: request), now: request.now)
        return answer
    }

    @Sendable private static func delete(
        _ wanted: Github_Actions_Results_Api_V1_DeleteArtifactRequest, _ task: LiveTask, _ request: Request, _ app: App
    ) throws -> Github_Actions_Results_Api_V1_DeleteArtifactResponse {
        guard let deleted = try app.artifacts.delete(named: wanted.name, of: task.run) else {
            throw missing(wanted.name)
        }
        var answer = Github_Actions_Results_Api_V1_DeleteArtifactResponse()
        answer.ok = true
        answer.artifactID = deleted.number
        return answer
    }

    private static func missing(_ name: String) -> Failure {
        Failure(.missing, "this run has no artifact \"\(name)\"")
    }
}

/// What every call of the service says first: which run it is about.
private protocol OfRun: Message {
    var workflowRunBackendID: String { get }
}
extension Github_Actions_Results_Api_V1_CreateArtifactRequest: OfRun {}
extension Github_Actions_Results_Api_V1_FinalizeArtifactRequest: OfRun {}
extension Github_Actions_Results_Api_V1_ListArtifactsRequest: OfRun {}
extension Github_Actions_Results_Api_V1_GetSignedArtifactURLRequest: OfRun {}
extension Github_Actions_Results_Api_V1_DeleteArtifactRequest: OfRun {}
