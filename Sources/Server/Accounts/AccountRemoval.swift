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
        do {
            guard try app.accounts.delete(account.id) else { throw Failure(.missing, "not found") }
        } catch let error as PostgresError where error.isForeignKeyViolation {
            let count = try app.accountViews.repositoryCount(of: account.id)
            throw Failure(
                .invalid, "\"\(account.name)\" still owns \(count) repositories; delete or transfer them, or purge")
        }
    }

    private func purgeRepositories(of account: AccountID) throws {
    }
}
