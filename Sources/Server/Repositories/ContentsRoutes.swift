import Domain
import Postgres
import Web

/// REST: files of a repository, read and changed (rest.md 11).
enum ContentsRoutes {
    private static let path = RepositoryRoutes.path + "/contents"
    private static let ref = [QueryParameter("ref", "a branch, tag or commit; the default branch without it")]
    private static let refusals: [AnswerShape] = [
        .failure(403), .failure(404), .failure(409), .failure(422), .failure(423),
    ]

    static let all: [Endpoint] = [
        Endpoint(
            .get, path, .repository(.read, of: .contents), scope: .repository, query: ref,
            answers: [.json(200, [ContentsAnswer].self), .failure(404), .failure(413)], "List the root of a repository."
        ) { request, place, app in
            let view = GitView(place, request, app)
            let name = request.given("ref")
            if name == nil, RepositoryFiles(configuration: app.configuration).isEmpty(place.id) {
                return try .json(200, [ContentsAnswer]())
            }
            return try directory(try view.found(name).commit.tree, at: "", name, view)
        },
        Endpoint(
            .get, path + "/{filepath...}", .repository(.read, of: .contents), scope: .repository, query: ref,
            answers: [.json(200, ContentsAnswer.self), .failure(404), .failure(413), .failure(422)],
            "Show a file, or list a directory.", show),
        Endpoint(
            .post, path + "/{filepath...}", .repository(.write, of: .contents), scope: .repository,
            reading: JSONBody<CreateFileWish>(orElse: "[Content]: Required; send {\"content\": \"<base64>\"}"),
            answers: [.json(201, FileAnswer.self)] + refusals, "Make a file, by a commit."
        ) { request, place, body, app in
            let wish = try body()
            let change = try FileChange(.create, path: request.path["filepath"] ?? "", content: wish.content)
            return try file(201, change, wish, request, place, app)
        },
        Endpoint(
            .put, path + "/{filepath...}", .repository(.write, of: .contents), scope: .repository,
            reading: JSONBody<UpdateFileWish>(
                orElse: "[Content]: Required; send {\"content\": \"<base64>\", \"sha\": \"<the file's>\"}"),
            answers: [.json(200, FileAnswer.self), .json(201, FileAnswer.self)] + refusals,
            "Change a file, or make it when no sha is given, by a commit."
        ) { request, place, body, app in
            let wish = try body()
            let isNew = (wish.sha ?? "").isEmpty
            let change = try FileChange(
                isNew ? .create : .update, path: request.path["filepath"] ?? "", content: wish.content, sha: wish.sha,
                fromPath: wish.from_path)
            return try file(isNew ? 201 : 200, change, wish, request, place, app)
        },
        Endpoint(
            .delete, path + "/{filepath...}", .repository(.write, of: .contents), scope: .repository,
            reading: JSONBody<DeleteFileWish>(orElse: "[SHA]: Required; send {\"sha\": \"<the file's>\"}"),
            answers: [.json(200, FileDeleteAnswer.self)] + refusals, "Delete a file, by a commit."
        ) { request, place, body, app in
            let wish = try body()
            let change = try FileChange(.delete, path: request.path["filepath"] ?? "", sha: wish.sha)
            let view = GitView(place, request, app)
            let made = try FileCommit(view, place, request, app).make([change], wish)
            return try .json(
                200,
                FileDeleteAnswer(content: JSONNull(nil), commit: FileCommitAnswer(made.commit, in: view.place)))
        },
        Endpoint(
            .post, path, .repository(.write, of: .contents), scope: .repository,
            reading: JSONBody<ChangeFilesWish>(
                orElse:
                    "[Files]: Required; send {\"files\": [{\"operation\": \"create\", \"path\": …, \"content\": …}]}"),
            answers: [.json(201, FilesAnswer.self)] + refusals, "Change several files by one commit.", changeFiles),
        raw("/raw/{filepath...}"), raw("/media/{filepath...}"),
    ]

    private static func raw(_ path: String) -> Endpoint {
        Endpoint(
            .get, RepositoryRoutes.path + path, .repository(.read, of: .contents), scope: .repository, query: ref,
            answers: [.media(200, "application/octet-stream"), .failure(404), .failure(413)], "Get a file as it is.",
            raw)
    }

    // MARK: reading

    private static func directory(
        _ tree: String, at path: String, _ ref: String?, _ view: GitView
    ) throws -> Response {
        let (entries, isCut) = try view.entries(of: tree)
        guard !isCut, entries.count <= GitViewLimits.directoryEntriesMax else {
            throw Failure(
                .tooLarge,
                "this directory has more than \(GitViewLimits.directoryEntriesMax) entries; git/trees/\(tree) has them by the page"
            )
        }
        let name = ref ?? view.place.repository.defaultBranch
        let prefix = path.isEmpty ? "" : path + "/"
        return try .json(
            200, entries.map { ContentsAnswer($0, at: prefix + $0.path, ref: name, in: view.place) })
    }

    /// - Throws: 404 when there is nothing at the path; 422 when it can be none.
    private static func entry(
        _ request: Request, _ view: GitView
    ) throws -> (entry: GitView.TreeEntry, path: String, commit: GitView.Named) {
        let path = request.path["filepath"] ?? ""
        if let why = whyNoFilePath(path) { throw Failure(.invalid, "this is no path of a file: \(why)") }
        let commit = try view.found(request.given("ref"))
        let answer = try view.git.answer(["ls-tree", "-z", "-l", "--full-tree", commit.id, "--", path])
        let parts = (answer.bytes.split(separator: 0).first ?? []).split(separator: 0x09, maxSplits: 1)
        let words = (parts.first ?? []).split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
        guard answer.status == 0, parts.count == 2, words.count == 4,
            String(decoding: parts[1], as: UTF8.self) == path
        else { throw Failure(.missing, "not found") }
        return (
            GitView.TreeEntry(mode: words[0], type: words[1], id: words[2], size: Int64(words[3]), path: path), path,
            commit
        )
    }

    @Sendable private static func show(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let view = GitView(place, request, app)
        let (entry, path, commit) = try entry(request, view)
        if entry.type == "tree" { return try directory(entry.id, at: path, request.given("ref"), view) }
        let bytes =
            entry.type == "blob"
            ? try view.git.object(entry.id, bytesMax: GitViewLimits.contentBytesMax)?.bytes : nil
        return try .json(
            200,
            ContentsAnswer(
                entry, at: path, ref: request.given("ref") ?? place.repository.defaultBranch, bytes: bytes,
                last: try view.last(of: path, at: commit.id), in: view.place))
    }

    /// Nothing of it runs in a browser: it is whatever somebody pushed.
    @Sendable private static func raw(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let view = GitView(place, request, app)
        let entry = try entry(request, view).entry
        guard entry.type == "blob", let size = entry.size else { throw Failure(.missing, "not found") }
        guard size <= GitViewLimits.rawBytesMax else {
            throw Failure(
                .tooLarge, "this file has \(size) bytes; \(GitViewLimits.rawBytesMax) are served at most, clone it")
        }
        let headers = [
            (name: "X-Content-Type-Options", value: "nosniff"),
            (name: "Content-Security-Policy", value: "default-src 'none'; sandbox"),
            (name: "ETag", value: "\"\(entry.id)\""),
        ]
        if let bytes = try view.git.object(entry.id, bytesMax: GitViewLimits.contentBytesMax)?.bytes {
            let isText = !bytes.prefix(8000).contains(0)
            return Response(
                200, type: isText ? "text/plain; charset=utf-8" : "application/octet-stream", body: bytes,
                headers: headers)
        }
        let directory = RepositoryFiles(configuration: app.configuration).directory(place.id)
        var response = Response(200, type: "application/octet-stream", body: [], headers: headers)
        response.stream = Response.Stream(length: size) { sink in
            try GitProgram.stream(
                ["cat-file", "blob", entry.id], in: directory, seconds: GitViewLimits.rawSeconds, to: sink)
        }
        return response
    }

    // MARK: writing

    private static func file(
        _ status: Int, _ change: FileChange, _ wish: some CommitWish, _ request: Request, _ place: InRepository,
        _ app: App
    ) throws -> Response {
        let view = GitView(place, request, app)
        let made = try FileCommit(view, place, request, app).make([change], wish)
        guard let content = contents(made, [change], view).first else { throw Failure(.missing, "not found") }
        return try .json(
            status, FileAnswer(content: content, commit: FileCommitAnswer(made.commit, in: view.place)))
    }

    private static func contents(_ made: FileCommit.Made, _ changes: [FileChange], _ view: GitView) -> [ContentsAnswer]
    {
        zip(changes, made.files).compactMap { change, entry in
            entry.map {
                ContentsAnswer(
                    $0, at: change.path, ref: made.branch, bytes: change.bytes, last: made.commit, in: view.place)
            }
        }
    }

    @Sendable private static func changeFiles(
        _ request: Request, _ place: InRepository, _ body: () throws -> ChangeFilesWish, _ app: App
    ) throws -> Response {
        let wish = try body()
        guard (1...FileChangeLimits.filesMax).contains(wish.files.count) else {
            throw Failure(.invalid, "[Files]: 1 to \(FileChangeLimits.filesMax) files are changed by one commit")
        }
        let changes = try wish.files.map { file in
            guard let operation = FileChange.Operation(rawValue: file.operation) else {
                throw Failure(.invalid, "[Operation]: it is none of create, update, delete, upload")
            }
            return try FileChange(
                operation, path: file.path, content: file.content, sha: file.sha, fromPath: file.from_path)
        }
        let view = GitView(place, request, app)
        let made = try FileCommit(view, place, request, app).make(changes, wish)
        return try .json(
            201,
            FilesAnswer(
                files: contents(made, changes, view), commit: FileCommitAnswer(made.commit, in: view.place)))
    }
}
