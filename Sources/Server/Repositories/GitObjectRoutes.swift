import Domain
import Foundation
import Postgres
import Web

struct ReferenceAnswer: Described {
    struct Object: Described {
        let type: String
        let sha: String
        let url: String
        static let schemaName = "GitObject"
        static let example = Object(type: "commit", sha: GitView.Named.example.id, url: "https://ci.example")
    }
    let ref: String
    let url: String
    let object: Object

    init(_ ref: GitRef, in place: GitPlace) {
        self.ref = ref.name
        url = "\(place.api)/git/\(GitPlace.encoded(ref.name))"
        object = Object(type: ref.type, sha: ref.id, url: "\(place.api)/git/\(ref.type)s/\(ref.id)")
    }
    static let schemaName = "Reference"
    static let example = ReferenceAnswer(
        GitRef(name: "refs/heads/main", id: GitView.Named.example.id, type: "commit"), in: .example)
}

struct GitTreeAnswer: Described {
    struct Entry: Described {
        let path: String
        let mode: String
        let type: String
        let size: Int64
        let sha: String
        let url: String
        static let schemaName = "GitEntry"
        static let example = Entry(
            path: "a", mode: "100644", type: "blob", size: 2, sha: GitView.Named.example.id, url: "https://ci.example")
    }
    let sha: String
    let url: String
    let tree: [Entry]
    let truncated: Bool
    let page: Int64
    let total_count: Int64
    static let schemaName = "GitTreeResponse"
    static let example = GitTreeAnswer(
        sha: GitView.Named.example.id, url: "https://ci.example", tree: [.example], truncated: false, page: 1,
        total_count: 1)
}

struct GitBlobAnswer: Described {
    let content: JSONNull<String>
    let encoding: JSONNull<String>
    let url: String
    let sha: String
    let size: Int64
    static let schemaName = "GitBlobResponse"
    static let example = GitBlobAnswer(
        content: JSONNull("QQo="), encoding: JSONNull("base64"), url: "https://ci.example",
        sha: GitView.Named.example.id, size: 2)
}

/// A ref as git lists it.
struct GitRef {
    let name: String
    let id: String
    let type: String
}

extension GitView {
    /// Refs below a prefix, in git's order, as far as `RefLimits.listedMax` and what git may write reach.
    func refs(_ prefix: String, sort: String = "refname") throws -> [GitRef] {
        let answer = try git.answer(
            [
                "for-each-ref", "--count=\(RefLimits.listedMax)", "--sort=\(sort)",
                "--format=%(objectname) %(objecttype) %(refname)", prefix,
            ])
        guard answer.status == 0 || answer.isCut else {
            throw GitProcess.Problem(description: "git for-each-ref failed: \(answer.complaint)")
        }
        var lines = answer.bytes.split(separator: 0x0A)[...]
        if answer.isCut { lines = lines.dropLast() }
        return lines.compactMap { line in
            let words = line.split(separator: 0x20, maxSplits: 2).map { String(decoding: $0, as: UTF8.self) }
            return words.count == 3 ? GitRef(name: words[2], id: words[0], type: words[1]) : nil
        }
    }
}

/// REST: refs, trees and blobs as git has them (rest.md 11).
enum GitObjectRoutes {
    private static let path = RepositoryRoutes.path + "/git"
    private static let trees = [
        QueryParameter("recursive", "true: with all that is below"), QueryParameter("page", "the page, from 1"),
        QueryParameter("per_page", "entries on a page, at most \(GitViewLimits.treeEntriesMax)"),
    ]

    static let all: [Endpoint] = [
        Endpoint(
            .get, path + "/refs", .repository(.read, of: .contents), scope: .repository,
            answers: [.json(200, [ReferenceAnswer].self), .failure(404)], "List branches and tags as git has them."
        ) { request, place, app in try refs("refs/", request, place, app) },
        Endpoint(
            .get, path + "/refs/{ref...}", .repository(.read, of: .contents), scope: .repository,
            answers: [.json(200, [ReferenceAnswer].self), .failure(404), .failure(422)],
            "List the refs that begin with a name."
        ) { request, place, app in
            let name = request.path["ref"] ?? ""
            if let why = whyNoRefName(name) { throw Failure(.invalid, "this is no name of a ref: \(why)") }
            return try refs("refs/\(name)", request, place, app)
        },
        Endpoint(
            .get, path + "/trees/{sha}", .repository(.read, of: .contents), scope: .repository, query: trees,
            answers: [.json(200, GitTreeAnswer.self), .failure(404)], "List a tree, by the page.", tree),
        Endpoint(
            .get, path + "/blobs/{sha}", .repository(.read, of: .contents), scope: .repository,
            answers: [.json(200, GitBlobAnswer.self), .failure(404)], "Show a blob."
        ) { request, place, app in
            let view = GitView(place, request, app)
            let sha = request.path["sha"] ?? ""
            guard looksLikeCommitID(sha),
                let object = try view.git.object(sha, bytesMax: GitViewLimits.contentBytesMax), object.type == "blob"
            else { throw Failure(.missing, "not found") }
            return try .json(
                200,
                GitBlobAnswer(
                    content: JSONNull(object.bytes.map { Data($0).base64EncodedString() }),
                    encoding: JSONNull(object.bytes == nil ? nil : "base64"),
                    url: "\(view.place.api)/git/blobs/\(object.id)", sha: object.id, size: Int64(object.size)))
        },
    ]

    private static func refs(_ prefix: String, _ request: Request, _ place: InRepository, _ app: App) throws -> Response
    {
        let view = GitView(place, request, app)
        // git takes a prefix for whole parts alone: the last one may be cut anywhere.
        let folder = prefix.hasSuffix("/") ? prefix : prefix.split(byte: "/").dropLast().joined(separator: "/") + "/"
        let found = try view.refs(folder).filter { $0.name.utf8.starts(with: prefix.utf8) }
        return try .json(
            200, found.prefix(GitViewLimits.refsMax).map { ReferenceAnswer($0, in: view.place) },
            headers: [(name: "X-Total-Count", value: "\(found.count)")])
    }

    @Sendable private static func tree(_ request: Request, _ place: InRepository, _ app: App) throws -> Response {
        let view = GitView(place, request, app)
        let name = request.path["sha"] ?? ""
        var root = try view.commit(name)?.commit.tree
        if root == nil, looksLikeCommitID(name), let object = try view.git.object(name + "^{tree}", bytesMax: 0) {
            root = object.id
        }
        guard let root else { throw Failure(.missing, "not found") }
        let isRecursive = ["true", "1"].contains(request.query["recursive"] ?? "")
        let (entries, isCut) = try view.entries(of: root, recursive: isRecursive)
        let page = Page(
            request, limitName: "per_page", limitMax: GitViewLimits.treeEntriesMax,
            limitDefault: GitViewLimits.treeEntriesMax)
        let first = min((page.number - 1) * page.limit, entries.count)
        let shown = entries[first..<min(first + page.limit, entries.count)]
        return try .json(
            200,
            GitTreeAnswer(
                sha: root, url: "\(view.place.api)/git/trees/\(root)",
                tree: shown.map { entry in
                    GitTreeAnswer.Entry(
                        path: entry.path, mode: entry.mode, type: entry.type, size: entry.size ?? 0, sha: entry.id,
                        url: "\(view.place.api)/git/\(entry.type)s/\(entry.id)")
                }, truncated: isCut || first + shown.count < entries.count, page: Int64(page.number),
                total_count: Int64(entries.count)),
            headers: [(name: "X-Total-Count", value: "\(entries.count)")])
    }
}
