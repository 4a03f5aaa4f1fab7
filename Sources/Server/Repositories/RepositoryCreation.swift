import Domain
import Postgres
import Web

/// What somebody who makes a repository sends.
struct RepositoryWish: Described, Decodable {
    let name: String
    var description: String?
    var `private`: Bool?
    var auto_init: Bool?
    var default_branch: String?
    var template: Bool?
    /// The name of a template; there are none, so any text means the same README.
    var readme: String?
    var gitignores: String?
    var license: String?
    var issue_labels: String?
    var object_format_name: String?
    var trust_model: String?

    static let schemaName = "CreateRepoOption"
    static let example = RepositoryWish(
        name: "demo", description: "A demonstration", private: false, auto_init: true, default_branch: "main",
        template: false, readme: "", gitignores: "", license: "", issue_labels: "", object_format_name: "sha1",
        trust_model: "")

    /// - Throws: 422 with what is wrong.
    func fresh(for owner: AccountID) throws -> RepositoryStore.Fresh {
        if let why = whyNoRepositoryName(name) {
            throw Failure(.invalid, "[Name]: no repository can be called \"\(cut(name, bytesMax: 120))\": \(why)")
        }
        try checkField(description, "Description", bytesMax: RepositoryLimits.descriptionBytesMax)
        var fresh = RepositoryStore.Fresh(owner: owner, name: name)
        if let branch = default_branch, !branch.isEmpty {
            if let why = whyNoRefName(branch) { throw Failure(.invalid, "[DefaultBranch]: \(why)") }
            fresh.defaultBranch = branch
        }
        guard ["", "sha1"].contains(object_format_name ?? "") else {
            throw Failure(.invalid, "[ObjectFormatName]: repositories are kept as \"sha1\" alone")
        }
        for (value, field) in [(gitignores, "Gitignores"), (license, "License"), (issue_labels, "IssueLabels")]
        where !(value ?? "").isEmpty {
            throw Failure(.invalid, "[\(field)]: there are no templates here; leave it out")
        }
        fresh.description = description ?? ""
        fresh.isPrivate = `private` ?? false
        fresh.isTemplate = template ?? false
        return fresh
    }
}

/// Makes a repository: its directory first, then its row, so that nobody ever finds one without the other. A directory that
/// a killed instance left has an id that nobody else gets.
package struct RepositoryCreation {
    let app: App

    package init(app: App) { self.app = app }

    /// - Parameter author: of the first commit, a README; nil: the repository begins empty.
    /// - Throws: 409 when the owner has a repository of the name.
    package func create(_ fresh: RepositoryStore.Fresh, ownerName: String, author: Commit.Person?) throws
        -> RepositoryID
    {
        let exists = Failure(.conflict, "The repository with the same name already exists.")
        guard try app.repositories.repository(owner: ownerName, name: fresh.name, seenBy: nil) == nil else {
            throw exists
        }
        let id = try app.repositories.reserve()
        let files = RepositoryFiles(configuration: app.configuration)
        do {
            try files.create(id, defaultBranch: fresh.defaultBranch)
            if let author { try firstCommit(id, fresh, author) }
            try app.repositories.create(fresh, as: id, gitBytes: files.gitBytes(id))
        } catch {
            try? files.remove(id)
            guard let refused = error as? PostgresError else { throw error }
            if refused.isUniqueViolation { throw exists }
            // The account went in the meantime.
            if refused.sqlState == "23503" { throw Failure(.missing, "not found") }
            if refused.isRefusedValue { throw Failure(.invalid, "[Name]: no repository can be called so") }
            throw error
        }
        return id
    }

    private func firstCommit(_ id: RepositoryID, _ fresh: RepositoryStore.Fresh, _ author: Commit.Person) throws {
        let text = "# \(fresh.name)\n" + (fresh.description.isEmpty ? "" : "\n\(fresh.description)\n")
        let git = GitReader(RepositoryFiles(configuration: app.configuration).directory(id))
        defer { git.close() }
        let writer = GitWriter(git)
        let blob = try writer.store(.blob, Array(text.utf8))
        let tree = try writer.store(.tree, GitTree(entries: []).replacing("README.md", mode: "100644", id: blob).bytes)
        let commit = try writer.store(
            .commit,
            commitObject(tree: tree, parents: [], author: author, committer: author, message: "Initial commit\n"))
        _ = try git.run(["update-ref", "refs/heads/\(fresh.defaultBranch)", commit, ""])
    }
}
