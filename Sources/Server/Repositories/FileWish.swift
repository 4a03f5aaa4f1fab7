import Domain
import Foundation
import Web

struct PersonWish: Described, Codable {
    var name: String?
    var email: String?
    static let schemaName = "Identity"
    static let example = PersonWish(name: "Ann", email: "ann@example.org")
}

struct CommitDatesWish: Described, Codable {
    var author: String?
    var committer: String?
    static let schemaName = "CommitDateOptions"
    static let example = CommitDatesWish(author: "2026-01-02T03:04:05Z", committer: "2026-01-02T03:04:05Z")
}

/// What every change of files says of its commit.
protocol CommitWish {
    var message: String? { get }
    var branch: String? { get }
    var new_branch: String? { get }
    var author: PersonWish? { get }
    var committer: PersonWish? { get }
    var dates: CommitDatesWish? { get }
    var signoff: Bool? { get }
}

struct CreateFileWish: Described, Decodable, CommitWish {
    let content: String
    var message: String?
    var branch: String?
    var new_branch: String?
    var author: PersonWish?
    var committer: PersonWish?
    var dates: CommitDatesWish?
    var signoff: Bool?
    static let schemaName = "CreateFileOptions"
    static let example = CreateFileWish(
        content: "QQo=", message: "Add a", branch: "main", new_branch: "", author: .example, committer: .example,
        dates: .example, signoff: false)
}

struct UpdateFileWish: Described, Decodable, CommitWish {
    let content: String
    var sha: String?
    var from_path: String?
    var message: String?
    var branch: String?
    var new_branch: String?
    var author: PersonWish?
    var committer: PersonWish?
    var dates: CommitDatesWish?
    var signoff: Bool?
    static let schemaName = "UpdateFileOptions"
    static let example = UpdateFileWish(
        content: "QQo=", sha: GitView.Named.example.id, from_path: "", message: "Change a", branch: "main",
        new_branch: "", author: .example, committer: .example, dates: .example, signoff: false)
}

struct DeleteFileWish: Described, Decodable, CommitWish {
    let sha: String
    var message: String?
    var branch: String?
    var new_branch: String?
    var author: PersonWish?
    var committer: PersonWish?
    var dates: CommitDatesWish?
    var signoff: Bool?
    static let schemaName = "DeleteFileOptions"
    static let example = DeleteFileWish(
        sha: GitView.Named.example.id, message: "Delete a", branch: "main", new_branch: "", author: .example,
        committer: .example, dates: .example, signoff: false)
}

struct ChangeFilesWish: Described, Decodable, CommitWish {
    struct File: Described, Codable {
        let operation: String
        let path: String
        var content: String?
        var sha: String?
        var from_path: String?
        static let schemaName = "ChangeFileOperation"
        static let example = File(
            operation: "update", path: "a", content: "QQo=", sha: GitView.Named.example.id, from_path: "")
    }
    let files: [File]
    var message: String?
    var branch: String?
    var new_branch: String?
    var author: PersonWish?
    var committer: PersonWish?
    var dates: CommitDatesWish?
    var signoff: Bool?
    static let schemaName = "ChangeFilesOptions"
    static let example = ChangeFilesWish(
        files: [.example], message: "Change files", branch: "main", new_branch: "", author: .example,
        committer: .example, dates: .example, signoff: false)
}

/// One file that a commit changes.
struct FileChange {
    enum Operation: String {
        case create, update, delete
        /// Whichever of the first two.
        case upload
    }
    let operation: Operation
    let path: String
    var bytes: [UInt8] = []
    /// What the file must be now.
    var sha: String?
    /// Where it was before.
    var fromPath: String?

    /// - Throws: 422 with what is wrong.
    init(_ operation: Operation, path: String, content: String? = nil, sha: String? = nil, fromPath: String? = nil)
        throws
    {
        if let why = whyNoFilePath(path) {
            throw Failure(.invalid, "\"\(cut(path, bytesMax: 200))\" is no path of a file: \(why)")
        }
        self.operation = operation
        self.path = path
        self.sha = sha.flatMap { $0.isEmpty ? nil : $0 }
        if let fromPath, !fromPath.isEmpty, fromPath != path {
            if let why = whyNoFilePath(fromPath) { throw Failure(.invalid, "[FromPath]: \(why)") }
            self.fromPath = fromPath
        }
        guard operation != .delete else { return }
        let text = (content ?? "").filter { !$0.isNewline }
        guard let data = Data(base64Encoded: text) else { throw Failure(.invalid, "[Content]: it is no base64") }
        bytes = Array(data)
    }
}

enum FileChangeLimits {
    static let messageBytesMax = 65_536
    /// Files that one commit changes over REST.
    static let filesMax = 200
}
