import Domain
import Postgres
import Web

/// The end of a person or an organization. What others see of them stays, under the name of a ghost.
package struct AccountRemoval {
    private let app: App
    package init(app: App) { self.app = app }

    /// - Parameter purge: with what only they own; else that must be gone before.
    /// - Throws: 422 with what is in the way.
    package func remove(_ account: Account, purge: Bool) throws {
        if purge {
            try purgeRepositories(of: account.id)
            while let name = try app.accountViews.soleOwnership(of: account.id) {
                guard let organization = try app.accounts.account(named: name) else { break }
                try remove(organization, purge: true)
            }
        }
        if let name = try app.accountViews.soleOwnership(of: account.id) {
            throw Failure(
                .invalid,
                "user is the only owner of organization \"\(name)\"; give it another owner, delete it, or purge")
        }
        let owned = try app.accountViews.repositories(of: account.id, limit: Self.repositoriesAtOnce)
        if !owned.allSatisfy(\.isDeleted) {
            throw Failure(.invalid, "\"\(account.name)\" still owns repositories; delete or transfer them, or purge")
        }
        // What is deleted is usually gone by now; what runs is waited for by the sweep.
        for repository in owned { try? RemoveRepositories(app: app).remove(repository.id) }
        do {
            let isGone = try app.caches.credentials.changing(account.id) { try app.accounts.delete(account.id) }
            guard isGone else { throw Failure(.missing, "not found") }
        } catch let error as PostgresError where error.isForeignKeyViolation {
            throw Failure(
                .invalid,
                "repositories of \"\(account.name)\" are still being removed, or were just made; try again in a minute")
        }
    }

    private func purgeRepositories(of account: AccountID) throws {
        while case let owned = try app.accountViews.repositories(of: account, limit: Self.repositoriesAtOnce),
            let next = owned.first(where: { !$0.isDeleted })
        {
            _ = try app.repositories.delete(next.id)
            try? RemoveRepositories(app: app).remove(next.id)
        }
    }

    private static let repositoriesAtOnce: Int64 = 1000
}
