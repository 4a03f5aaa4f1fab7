import Domain
import Logging
import Postgres

/// The secrets that addresses are signed with, as the database keeps them.
package struct URLKeys: Sendable {
    let store: URLKeyStore
    let seal: Seal

    /// At least one: the first is made by whoever needs it first.
    @Sendable func live() throws -> [SignedURLs.Key] {
        var keys = try store.live()
        if keys.isEmpty {
            let (id, sealed) = try fresh()
            try store.keepFirst(id: id, sealed: sealed)
            keys = try store.live()
        }
        return try keys.map {
            SignedURLs.Key(
                id: $0.id, secret: try seal.open($0.sealed, at: place($0.id)), isKnownEverywhere: $0.isKnownEverywhere)
        }
    }

    /// - Returns: the new key's id.
    package func rotate() throws -> Int64 {
        // Without one before it, it would be the first and sign at once, before others have read it.
        _ = try live()
        let (id, sealed) = try fresh()
        try store.keep(id: id, sealed: sealed)
        return id
    }

    func retire(log: Logger) throws {
        for id in try store.retire() { log.info("key of addresses retired", metadata: ["key_id": "\(id)"]) }
    }

    private func fresh() throws -> (id: Int64, sealed: [UInt8]) {
        let id = try store.nextID()
        return (id, try seal.close(Token.random(bytes: SignedURLLimits.keyBytes), at: place(id)))
    }

    private func place(_ id: Int64) -> String { "url_key \(id)" }
}

extension App {
    package var urlKeys: URLKeys {
        get throws { URLKeys(store: URLKeyStore(database: database), seal: try keys.seal) }
    }
}
