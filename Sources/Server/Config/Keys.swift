import Crypto
import Postgres

/// Keys that all instances share, kept in PostgreSQL and made by the first instance that needs them.
package struct Keys: Sendable {
    /// For secrets that must be shown again.
    let seal: Seal
    /// For addresses of uploads and downloads.
    let signedURLs: SignedURLs
    /// For runtime tokens.
    let runtimeKey: SymmetricKey

    init(database: Database, accounts: AccountStore) throws {
        seal = Seal(key: try accounts.sharedKey(purpose: "seal", fresh: Token.random(bytes: 32)))
        signedURLs = SignedURLs(keys: URLKeys(store: URLKeyStore(database: database), seal: seal).live)
        runtimeKey = SymmetricKey(
            data: try accounts.sharedKey(purpose: "runtime_token", fresh: Token.random(bytes: 32)))
    }
}
