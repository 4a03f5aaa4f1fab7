import Crypto
import Domain
import Postgres
import Web

/// Seals and opens secrets by data keys, which stand in PostgreSQL wrapped by the master key.
package struct SecretKeys: Sendable {
    let store: EncryptionKeyStore
    package let master: MasterKeys

    private static func place(_ id: Int64) -> String { "encryption_key \(id)" }

    static func open(_ key: WrappedKey, by master: MasterKeys) throws -> Seal {
        Seal(key: SymmetricKey(data: try bytes(of: key, by: master)))
    }
    private static func bytes(of key: WrappedKey, by master: MasterKeys) throws -> [UInt8] {
        try master.key(key.wrappedBy).unwrap(key.wrapped, at: place(key.id))
    }

    /// The same key under another master key; nil when it is under that one already.
    static func rewrapped(
        _ key: WrappedKey, with new: MasterKeys.Key, by master: MasterKeys
    ) throws -> WrappedKey? {
        guard key.wrappedBy != new.id else { return nil }
        return WrappedKey(
            id: key.id, wrapped: try new.wrap(try bytes(of: key, by: master), at: place(key.id)), wrappedBy: new.id)
    }

    /// The key that seals now; made when there is none.
    func sealing() throws -> (id: Int64, seal: Seal) {
        let key = try store.newest() ?? make(by: try master.wrapping())
        return (key.id, try Self.open(key, by: master))
    }

    /// A new key, which seals from now on.
    func make(by master: MasterKeys.Key) throws -> WrappedKey {
        let id = try store.nextID()
        let key = WrappedKey(
            id: id, wrapped: try master.wrap(Token.random(bytes: 32), at: Self.place(id)), wrappedBy: master.id)
        try store.keep(key)
        return key
    }

    func open(_ secret: LeveledValue<SealedValue>) throws -> String {
        let seal = try Self.open(secret.value.key, by: master)
        return String(
            decoding: try seal.open(secret.value.sealed, at: secret.level.place(of: secret.name)), as: UTF8.self)
    }
}

extension App {
    package var secretKeys: SecretKeys {
        SecretKeys(store: EncryptionKeyStore(database: database), master: keys.master)
    }

    /// Makes a secret or replaces its value.
    func putSecret(
        _ name: SecretName, at level: SettingLevel, value: String, description: String
    ) throws -> SettingWrite {
        for _ in 0..<SecretWriteLimits.triesMax {
            let (key, seal) = try secretKeys.sealing()
            let sealed = try seal.close(Array(value.utf8), at: level.place(of: name))
            let written = try secrets.put(name, at: level, sealed: sealed, key: key, description: description)
            // A rotation removed the key since we read it: there is a newer one.
            if written != .keyIsGone { return written }
        }
        throw Failure(.busy, "the keys of secrets are being changed; try again in a few seconds")
    }
}

enum SecretWriteLimits {
    /// Times that one write may meet a key which a rotation has just removed; each rotation removes keys once.
    static let triesMax = 5
}
