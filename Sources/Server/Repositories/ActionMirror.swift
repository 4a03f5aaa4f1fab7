import Client
import Domain
import Foundation
import Postgres
import Web

/// Copies of actions from another server, for networks that do not reach it: ordinary repositories that nobody pushes to
/// (archived), fetched by git and served as all others are. Making one again updates it.
///
/// Hooks do not run for a fetch, so a copy starts no workflow.
package struct ActionMirror {
    package enum Outcome: Equatable {
        case made, updated
    }
    /// A clone of a large action takes minutes over a slow line.
    static let fetchSeconds = 1800
    /// What a copy's description begins with; a repository without it is somebody's own and is left alone.
    static let mark = "Mirror of "

    let app: App

    package init(app: App) { self.app = app }

    /// - Parameters:
    ///   - name: `owner/repository` here and there.
    ///   - server: where it comes from, without a slash at the end; a path or an address that git knows.
    ///   - placedBelow: the owner here, when it is another.
    /// - Throws: in words for the operator; a copy that was there is then as it was.
    package func take(_ name: String, from server: String, below placed: String?) throws -> Outcome {
        let parts = name.split(byte: "/")
        guard parts.count == 2, whyNoRepositoryName(parts[1]) == nil else {
            throw Failure(.invalid, "\"\(name)\" is no owner/repository")
        }
        let address = "\(server)/\(name)"
        let (ownerName, repositoryName) = (placed ?? parts[0], parts[1])
        let found = try app.repositories.repository(owner: ownerName, name: repositoryName, seenBy: nil)
        if let found, !found.details.isArchived || !found.details.description.hasPrefix(Self.mark) {
            throw Failure(
                .conflict,
                "\(found.fullName) is a repository of its own and no mirror; rename it, or name another owner with --owner"
            )
        }
        if let found {
            try copy(found.id, from: address)
            return .updated
        }
        let owner = try account(ownerName)
        var fresh = RepositoryStore.Fresh(owner: owner.id, name: repositoryName)
        fresh.description = cut(Self.mark + address, bytesMax: RepositoryLimits.descriptionBytesMax)
        let id = try RepositoryCreation(app: app).create(fresh, ownerName: owner.name, author: nil)
        do {
            try copy(id, from: address)
        } catch {
            // Nobody should find an empty one.
            _ = try? app.repositories.delete(id)
            try? RemoveRepositories(app: app).remove(id)
            throw error
        }
        return .made
    }

    /// The owner, or a new organization of that name, which the first administrator owns.
    private func account(_ name: String) throws -> Account {
        if let found = try app.accounts.account(named: name) { return found }
        if let why = whyReserved(account: name) {
            throw Failure(.invalid, "nobody can be called \"\(name)\": \(why); name an owner with --owner")
        }
        var filter = AccountFilter()
        filter.isAdmin = true
        guard let admin = try app.accountViews.users(filter, ListPart(limit: 1, offset: 0, before: nil)).first else {
            throw Failure(
                .missing,
                "there is no account \"\(name)\", and no administrator to own an organization of that name; make one first: millrace admin user create --admin"
            )
        }
        do {
            return try app.accounts.createOrganization(
                name: name, owner: admin.id, description: "Actions mirrored from elsewhere")
        } catch let error as PostgresError where error.sqlState == "23514" {
            throw Failure(.invalid, "no account can be called \"\(name)\"; name an owner with --owner")
        }
    }

    /// The branch that the other server's HEAD is; nil when it does not say.
    private func remoteHead(_ address: String, in directory: String) throws -> String? {
        let answer = try git(["ls-remote", "--symref", "--", address, "HEAD"], in: directory, seconds: 120, address)
        let line = GitProgram.firstLine(answer)
        guard line.hasPrefix("ref: refs/heads/"), let name = line.split(byte: "\t").first else { return nil }
        let branch = String(name.dropFirst("ref: refs/heads/".count))
        return whyNoRefName(branch) == nil ? branch : nil
    }

    /// All or nothing: `--atomic` moves no ref when one cannot be moved, and a fetch that breaks moves none.
    private func copy(_ id: RepositoryID, from address: String) throws {
        let directory = RepositoryFiles(configuration: app.configuration).directory(id)
        let head = try remoteHead(address, in: directory)
        _ = try git(
            [
                "-c", "fetch.fsckObjects=true", "fetch", "--quiet", "--atomic", "--prune", "--force", "--no-tags",
                "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules", "--", address,
                "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*",
            ], in: directory, seconds: Self.fetchSeconds, address)
        var edit = RepositoryStore.Edit()
        edit.isArchived = true
        edit.description = cut(Self.mark + address, bytesMax: RepositoryLimits.descriptionBytesMax)
        edit.defaultBranch = head
        _ = try app.repositories.edit(id, edit)
        if let head { try DefaultBranch(app: app).point(id, at: head) }
        try app.repositories.pushed(id, gitBytes: RepositoryFiles(configuration: app.configuration).gitBytes(id))
    }

    private func git(_ arguments: [String], in directory: String, seconds: Int, _ address: String) throws -> [UInt8] {
        let answer = try GitProgram.answer(
            arguments, in: directory, deadline: GitProgram.deadline(seconds: seconds))
        guard answer.status == 0 else {
            throw Failure(.invalid, "could not read \(address): \(answer.complaint)")
        }
        return answer.bytes
    }
}
