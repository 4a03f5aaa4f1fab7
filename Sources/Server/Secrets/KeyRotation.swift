import Domain
import Glibc
import Postgres

/// `millrace secrets rotate` and `wrap`. Every step is one transaction that leaves all secrets readable, so it may end
/// anywhere and be begun again; instances go on reading and writing beside it.
package struct KeyRotation: Sendable {
    /// Secrets sealed anew in one transaction: what a kill makes the next one do again, and how long writers of these wait.
    package static let batchMax = 20
    private static let pauseMicroseconds: UInt32 = 10_000

    let app: App

    package init(app: App) { self.app = app }

    /// Wraps the keys of `server_key` that stand there as they are. Only once no server of before 0076 runs: those would take
    /// what wraps a key for the key.
    ///
    /// - Returns: how many were wrapped.
    package func wrap() throws -> Int {
        let key = try app.keys.master.wrapping()
        return try EncryptionKeyStore(database: app.database).rewrap(
            { _ in nil }, serverKeys: { $0.wrappedBy == nil ? try rewrapped($0, with: key) : nil })
    }

    /// Wraps everything with another master key. Server keys that are not wrapped yet stay so (`wrap`).
    ///
    /// - Returns: how many keys were wrapped anew; 0 when it was done before.
    package func rewrap(with key: MasterKeys.Key) throws -> Int {
        let master = app.keys.master
        let count = try EncryptionKeyStore(database: app.database).rewrap(
            { try SecretKeys.rewrapped($0, with: key, by: master) },
            serverKeys: { $0.wrappedBy == nil ? nil : try rewrapped($0, with: key) })
        return count
    }

    private func rewrapped(_ stored: StoredServerKey, with key: MasterKeys.Key) throws -> StoredServerKey? {
        guard stored.wrappedBy != key.id else { return nil }
        let place = Keys.place(stored.purpose)
        return StoredServerKey(
            purpose: stored.purpose, key: try key.wrap(try Keys.open(stored, by: app.keys.master), at: place),
            wrappedBy: key.id)
    }

    package struct Outcome: Encodable, Sendable {
        /// Id of the data key that all secrets are sealed with now.
        package let key: Int64
        /// It went on with a key that an earlier call had made.
        package let resumed: Bool
        package let sealed_anew: Int
        package let keys_removed: [Int64]
    }

    /// Seals every secret with a new data key. If some are sealed with an older key than the newest, an earlier rotation was
    /// broken off: then it goes on with that.
    ///
    /// - Parameter master: wraps the new key; nil: the one that is configured.
    package func rotate(master: MasterKeys.Key? = nil) throws -> Outcome {
        let keys = app.secretKeys
        let newest = try keys.store.newest()
        let isResumed = try newest.map { try app.secrets.hasStale(before: $0.id) } ?? false
        let target: WrappedKey
        if let newest, isResumed {
            target = newest
        } else {
            target = try keys.make(by: try master ?? app.keys.master.wrapping())
        }
        let seal = try SecretKeys.open(target, by: app.keys.master)
        var sealed = 0
        while try app.secrets.hasStale(before: target.id) {
            // None when others hold what is left; `hasStale` tells when they are done.
            let count = try app.secrets.resealSome(with: target.id, limit: Self.batchMax) { secret in
                try seal.close(Array(try keys.open(secret).utf8), at: secret.level.place(of: secret.name))
            }
            // Others hold all that is left.
            if count == 0 { usleep(Self.pauseMicroseconds) }
            sealed += count
        }
        return Outcome(
            key: target.id, resumed: isResumed, sealed_anew: sealed, keys_removed: try keys.store.removeUnused())
    }
}
