import Domain
import Postgres
import RunnerProto
import SwiftProtobuf

/// The artifact service of upload-artifact v4 and later: five calls that carry no bytes (artifacts.md 3).
enum ArtifactV4Routes {
    static let service = "/twirp/github.actions.results.api.v1.ArtifactService"
    static let finalizePath = service + "/FinalizeArtifact"

    static let all: [Route] = [
        Route("POST", service + "/CreateArtifact", access: .task, create),
        Route("POST", finalizePath, access: .task, finalize),
        Route("POST", service + "/ListArtifacts", access: .task, list),
        Route("POST", service + "/GetSignedArtifactURL", access: .task, sign),
        Route("POST", service + "/DeleteArtifact", access: .task, delete),
    ]

    @Sendable private static func create(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let call = try TwirpCall(request)
        let wanted = try call.message(Github_Actions_Results_Api_V1_CreateArtifactRequest.self)
        let task = try task(of: request, run: wanted.workflowRunBackendID)
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
        let asked: AskedRetention =
            wanted.hasExpiresAt
            ? .until(
                Instant(microseconds: wanted.expiresAt.seconds &* 1_000_000 &+ Int64(wanted.expiresAt.nanos) / 1000))
            : .unsaid
        let made = try app.artifacts.create(name, content, by: task, asked: asked, now: request.now)
        for upload in made.dropped { app.storage.clearStaging(of: upload) }
        var answer = Github_Actions_Results_Api_V1_CreateArtifactResponse()
        answer.ok = true
        answer.signedUploadURL = try app.uploadURL(made.upload, base: app.base(of: request), now: request.now)
        return try call.answer(answer)
    }

    @Sendable private static func finalize(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let call = try TwirpCall(request)
        let wanted = try call.message(Github_Actions_Results_Api_V1_FinalizeArtifactRequest.self)
        let task = try task(of: request, run: wanted.workflowRunBackendID)
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
        return try call.answer(answer)
    }

    @Sendable private static func list(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let call = try TwirpCall(request)
        let wanted = try call.message(Github_Actions_Results_Api_V1_ListArtifactsRequest.self)
        let task = try task(of: request, run: wanted.workflowRunBackendID)
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
        return try call.answer(answer)
    }

    @Sendable private static func sign(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let call = try TwirpCall(request)
        let wanted = try call.message(Github_Actions_Results_Api_V1_GetSignedArtifactURLRequest.self)
        let task = try task(of: request, run: wanted.workflowRunBackendID)
        guard
            let artifact = try app.artifactViews.visible(
                in: task.run, protocols: [4], name: wanted.name, limit: 1
            ).first
        else { throw missing(wanted.name) }
        var answer = Github_Actions_Results_Api_V1_GetSignedArtifactURLResponse()
        answer.signedURL = try app.downloadURL(artifact.id, base: app.base(of: request), now: request.now)
        return try call.answer(answer)
    }

    @Sendable private static func delete(_ request: Request, _: Caller, _ app: App) throws -> Response {
        let call = try TwirpCall(request)
        let wanted = try call.message(Github_Actions_Results_Api_V1_DeleteArtifactRequest.self)
        let task = try task(of: request, run: wanted.workflowRunBackendID)
        guard let deleted = try app.artifacts.delete(named: wanted.name, of: task.run) else {
            throw missing(wanted.name)
        }
        var answer = Github_Actions_Results_Api_V1_DeleteArtifactResponse()
        answer.ok = true
        answer.artifactID = deleted.number
        return try call.answer(answer)
    }

    private static func missing(_ name: String) -> Failure {
        Failure(.missing, "this run has no artifact \"\(name)\"")
    }

    /// The ids of the job in a body are neither trusted nor refused: what List said of another job comes back here.
    /// The run must be the token's; a made-up one and somebody else's are told the same (artifacts.md 3.1).
    private static func task(of request: Request, run: String) throws -> LiveTask {
        guard let task = request.task else { throw Failure(.unauthenticated, "the runtime token is required") }
        guard run == "\(task.run)" else {
            throw Failure(
                .forbidden, "workflow_run_backend_id \"\(run)\" is not the runtime token's, which is \"\(task.run)\"")
        }
        return task
    }
}
