import Domain
import Foundation
import Postgres

/// A file, directory, link or submodule of a commit, as Gitea's API has it.
struct ContentsAnswer: Described {
    struct Links: Described {
        let `self`: String
        let git: String
        let html: String
        static let schemaName = "FileLinksResponse"
        static let example = Links(self: "https://ci.example", git: "https://ci.example", html: "https://ci.example")
    }
    let name: String
    let path: String
    let sha: String
    let last_commit_sha: String?
    let last_commit_message: String?
    let last_committer_date: String?
    let last_author_date: String?
    let type: String
    let size: Int64
    let encoding: JSONNull<String>
    let content: JSONNull<String>
    let target: JSONNull<String>
    let url: String
    let html_url: String
    let git_url: String
    let download_url: JSONNull<String>
    let submodule_git_url: JSONNull<String>
    let _links: Links

    /// - Parameters:
    ///   - ref: as addresses name the commit.
    ///   - bytes: of a file or link that is shown whole.
    init(
        _ entry: GitView.TreeEntry, at path: String, ref: String, bytes: [UInt8]? = nil, last: GitView.Named? = nil,
        in place: GitPlace
    ) {
        name = path.split(byte: "/").last ?? path
        self.path = path
        sha = entry.id
        last_commit_sha = last?.id
        last_commit_message = last?.commit.message
        last_committer_date = last?.commit.committer.time
        last_author_date = last?.commit.author.time
        let isLink = entry.mode == "120000"
        type = entry.type == "tree" ? "dir" : entry.type == "commit" ? "submodule" : isLink ? "symlink" : "file"
        size = entry.size ?? 0
        encoding = JSONNull(bytes == nil || type != "file" ? nil : "base64")
        content = JSONNull(type == "file" ? bytes.map { Data($0).base64EncodedString() } : nil)
        target = JSONNull(isLink ? bytes.map { String(decoding: $0, as: UTF8.self) } : nil)
        let shown = GitPlace.encoded(path)
        url = "\(place.api)/contents/\(shown)?ref=\(percentEncoded(ref))"
        html_url = "\(place.pages)/src/\(GitPlace.encoded(ref))/\(shown)"
        git_url = "\(place.api)/git/\(entry.type == "tree" ? "trees" : "blobs")/\(entry.id)"
        download_url = JSONNull(
            entry.type == "blob" ? "\(place.api)/raw/\(shown)?ref=\(percentEncoded(ref))" : nil)
        submodule_git_url = JSONNull(nil)
        _links = Links(self: url, git: git_url, html: html_url)
    }

    static let schemaName = "ContentsResponse"
    static let example = ContentsAnswer(
        GitView.TreeEntry(
            mode: "100644", type: "blob", id: "e83c5163316f89bfbde7d9ab23ca2e25604af290", size: 2, path: "a"),
        at: "a", ref: "main", bytes: [65, 10], last: .example, in: .example)
}

extension GitPlace {
    static let example = GitPlace(base: "https://ci.example", repository: .example)
}

extension GitView.Named {
    static let example = GitView.Named(
        id: "e83c5163316f89bfbde7d9ab23ca2e25604af290",
        commit: Commit(
            commitObject(
                tree: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
                parents: ["e83c5163316f89bfbde7d9ab23ca2e25604af290"],
                author: Commit.Person(name: "Ann", email: "ann@example.org", seconds: 1_767_322_845),
                committer: Commit.Person(name: "Ann", email: "ann@example.org", seconds: 1_767_322_845),
                message: "Change\n")))
}

struct CommitUserAnswer: Described {
    let name: String
    let email: String
    let date: String

    init(_ person: Commit.Person) {
        name = person.name
        email = person.email
        date = person.time
    }
    static let schemaName = "CommitUser"
    static let example = CommitUserAnswer(GitView.Named.example.commit.author)
}

struct CommitMetaAnswer: Described {
    let url: String
    let sha: String
    let created: String

    init(_ kind: String, _ sha: String, created: String = "0001-01-01T00:00:00Z", in place: GitPlace) {
        url = "\(place.api)/git/\(kind)/\(sha)"
        self.sha = sha
        self.created = created
    }
    static let schemaName = "CommitMeta"
    static let example = CommitMetaAnswer("commits", GitView.Named.example.id, in: .example)
}

/// Signatures are not looked at.
struct VerificationAnswer: Described {
    var verified = false
    var reason = "gpg.error.not_signed_commit"
    var signature = ""
    var payload = ""
    static let schemaName = "PayloadCommitVerification"
    static let example = VerificationAnswer()
}

/// The commit that a change of files made.
struct FileCommitAnswer: Described {
    let url: String
    let sha: String
    let created: String
    let html_url: String
    let author: CommitUserAnswer
    let committer: CommitUserAnswer
    let parents: [CommitMetaAnswer]
    let message: String
    let tree: CommitMetaAnswer

    init(_ named: GitView.Named, in place: GitPlace) {
        sha = named.id
        url = "\(place.api)/git/commits/\(named.id)"
        html_url = "\(place.pages)/commit/\(named.id)"
        created = named.commit.committer.time
        author = CommitUserAnswer(named.commit.author)
        committer = CommitUserAnswer(named.commit.committer)
        parents = named.commit.parents.map { CommitMetaAnswer("commits", $0, in: place) }
        message = named.commit.message
        tree = CommitMetaAnswer("trees", named.commit.tree, created: named.commit.committer.time, in: place)
    }
    static let schemaName = "FileCommitResponse"
    static let example = FileCommitAnswer(.example, in: .example)
}

struct FileAnswer: Described {
    let content: ContentsAnswer
    let commit: FileCommitAnswer
    var verification = VerificationAnswer()
    static let schemaName = "FileResponse"
    static let example = FileAnswer(content: .example, commit: .example)
}

struct FilesAnswer: Described {
    let files: [ContentsAnswer]
    let commit: FileCommitAnswer
    var verification = VerificationAnswer()
    static let schemaName = "FilesResponse"
    static let example = FilesAnswer(files: [.example], commit: .example)
}

struct FileDeleteAnswer: Described {
    let content: JSONNull<String>
    let commit: FileCommitAnswer
    var verification = VerificationAnswer()
    static let schemaName = "FileDeleteResponse"
    static let example = FileDeleteAnswer(content: JSONNull(nil), commit: .example)
}
