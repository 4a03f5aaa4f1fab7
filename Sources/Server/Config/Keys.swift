import Crypto
import Postgres
import Synchronization
import Web

/// Keys that all instances share, kept in PostgreSQL and made by the first instance that needs them. Where there is a master
/// key, it wraps them.
///
/// Read when they are first needed: a git hook makes an `App` as a user who may not read the master key.
package final class Keys: Sendable {
    private struct Opened {
        let seal: Seal
        let signedURLs: SignedURLs
        let runtimeKey: SymmetricKey
        let forms: SymmetricKey
    }

    package let master: MasterKeys
    private let store: ServerKeyStore
    private let database: Database
    private let opened = Mutex<Opened?>(nil)

    init(database: Database, master: MasterKeys) {
        self.database = database
        self.master = master
        store = ServerKeyStore(database: database)
    }

    /// For what must be shown again.
    var seal: Seal { get throws { try all().seal } }
    /// For addresses of uploads and downloads.
    var signedURLs: SignedURLs { get throws { try all().signedURLs } }
    /// For runtime tokens.
    var runtimeKey: SymmetricKey { get throws { try all().runtimeKey } }

    /// For the tokens of forms.
    var forms: SymmetricKey { get throws { try all().forms } }

    /// X25519, of the boxes that GitHub's clients put secrets into.
    var boxKey: [UInt8] { get throws { try key("sealed_box") } }

    /// For what signs the deliveries of webhooks.
    var webhookSeal: Seal { get throws { Seal(key: SymmetricKey(data: try key("webhooks"))) } }

    private func all() throws -> Opened {
        if let known = opened.withLock({ $0 }) { return known }
        let seal = Seal(key: SymmetricKey(data: try key("seal")))
        let runtimeKey = SymmetricKey(data: try key("runtime_token"))
        let forms = SymmetricKey(data: try key("form_token"))
        let signedURLs = SignedURLs(keys: URLKeys(store: URLKeyStore(database: database), seal: seal).live)
        return opened.withLock { known in
            // The first stays: what signs addresses remembers its keys.
            if let known { return known }
            let fresh = Opened(seal: seal, signedURLs: signedURLs, runtimeKey: runtimeKey, forms: forms)
            known = fresh
            return fresh
        }
    }

    private func key(_ purpose: String) throws -> [UInt8] {
        let stored = try store.key(purpose) {
            let fresh = Token.random(bytes: 32)
            // Where there is none yet, no older server runs that would have to read it.
            guard master.isConfigured else { return StoredServerKey(purpose: purpose, key: fresh, wrappedBy: nil) }
            let key = try master.wrapping()
            return StoredServerKey(
                purpose: purpose, key: try key.wrap(fresh, at: Self.place(purpose)), wrappedBy: key.id)
        }
        return try Self.open(stored, by: master)
    }

    static func open(_ stored: StoredServerKey, by master: MasterKeys) throws -> [UInt8] {
        guard let id = stored.wrappedBy else { return stored.key }
        return try master.key(id).unwrap(stored.key, at: place(stored.purpose))
    }

    static func place(_ purpose: String) -> String { "server_key \(purpose)" }

    /// Opens every key there is, so that a wrong master key is told at the start and not by the first request.
    ///
    /// - Returns: purposes of keys that stand in the database as they are, though there is a master key to wrap them.
    @discardableResult
    package func check() throws -> [String] {
        if master.isConfigured { _ = try master.wrapping() }
        let stored = try store.all()
        for key in stored { _ = try Self.open(key, by: master) }
        for key in try EncryptionKeyStore(database: database).all() { _ = try SecretKeys.open(key, by: master) }
        _ = try all()
        return master.isConfigured ? stored.filter { $0.wrappedBy == nil }.map(\.purpose) : []
    }
}
