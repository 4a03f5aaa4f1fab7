import Domain

/// A webhook as it is shown: never its secret.
public struct WebhookView: Sendable {
    public let id: WebhookID
    public let repository: RepositoryID
    public let url: String
    /// `json` or `form`.
    public let contentType: String
    public let events: [String]
    public let branchFilter: String
    public let hasSecret: Bool
    public let hasAuthorization: Bool
    public let isActive: Bool
    /// Microseconds since 1970.
    public let createdAt: Int64
    public let updatedAt: Int64

    package init(
        id: WebhookID, repository: RepositoryID, url: String, contentType: String, events: [String],
        branchFilter: String, hasSecret: Bool, hasAuthorization: Bool, isActive: Bool, createdAt: Int64,
        updatedAt: Int64
    ) {
        self.id = id
        self.repository = repository
        self.url = url
        self.contentType = contentType
        self.events = events
        self.branchFilter = branchFilter
        self.hasSecret = hasSecret
        self.hasAuthorization = hasAuthorization
        self.isActive = isActive
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// What a webhook is set to.
public struct WebhookEdit: Equatable, Sendable {
    public var url = ""
    public var contentType = "json"
    public var events: [String] = []
    public var branchFilter = ""
    public var isActive = true
    public init() {}
}

/// Something sealed that a webhook has. What it is sealed for is the webhook's id, which is known before.
public enum SealedChange: Sendable {
    case kept
    case removed
    case set([UInt8])
}

/// Writes `webhook`.
public struct WebhookStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let columns =
        """
        w.id, w.repository_id, w.url, w.content_type, w.events, w.branch_filter, w.secret is not null,
        w.authorization_header is not null, w.is_active, w.created_at, w.updated_at
        """
    private static let list = Statement(
        "webhook_list", "select \(columns) from webhook w where w.repository_id = $1 order by w.id limit $2 offset $3")
    private static let count = Statement("webhook_count", "select count(*) from webhook where repository_id = $1")
    private static let byID = Statement(
        "webhook_by_id", "select \(columns) from webhook w where w.repository_id = $1 and w.id = $2")
    private static let nextID = Statement("webhook_next_id", "select nextval(pg_get_serial_sequence('webhook', 'id'))")
    /// The repository's row is locked first, so that of two at once the second counts the first.
    private static let lockPlace = Statement(
        "webhook_lock_place", "select id from repository where id = $1 and deleted_at is null for no key update")
    private static let insert = Statement(
        "webhook_insert",
        """
        insert into webhook (id, repository_id, url, content_type, events, branch_filter, is_active, secret, authorization_header)
        overriding system value
        select $1, $2, $3, $4, $5, $6, $7, $8, $9 where (select count(*) from webhook where repository_id = $2) < $10
        returning id
        """)
    private static let update = Statement(
        "webhook_update",
        """
        update webhook set url = $3, content_type = $4, events = $5, branch_filter = $6, is_active = $7, updated_at = now(),
               secret = case when $8 then $9 else secret end,
               authorization_header = case when $10 then $11 else authorization_header end
         where repository_id = $1 and id = $2 returning id
        """)
    private static let remove = Statement(
        "webhook_remove", "delete from webhook where repository_id = $1 and id = $2 returning id")
    private static let pause = Statement(
        "webhook_pause", "update webhook set paused_until = now() + make_interval(secs => $2::bigint) where id = $1")
    private static let sealed = Statement(
        "webhook_sealed", "select secret, authorization_header from webhook where id = $1")

    public func list(of repository: RepositoryID, _ part: ListPart) throws -> [WebhookView] {
        try database.read(Self.list, .int(repository.number), .int(part.limit), .int(part.offset)).map(Self.view)
    }
    public func count(of repository: RepositoryID) throws -> Int64 {
        try database.readOne(Self.count, .int(repository.number)).value(0)
    }
    public func webhook(_ id: WebhookID, in repository: RepositoryID) throws -> WebhookView? {
        try database.read(Self.byID, .int(repository.number), .int(id.number)).first.map(Self.view)
    }

    /// The number of one that is about to be made: what it has is sealed for it.
    public func reserve() throws -> WebhookID { try database.writeOne(Self.nextID).value(0) }

    /// - Returns: false when the repository has as many as it may have, or is gone.
    public func create(
        _ edit: WebhookEdit, as id: WebhookID, in repository: RepositoryID, secret: [UInt8]?, authorization: [UInt8]?
    ) throws -> Bool {
        try database.transaction { tx in
            guard try tx.first(Self.lockPlace, .int(repository.number)) != nil else { return false }
            return try tx.first(
                Self.insert, .int(id.number), .int(repository.number), .text(edit.url), .text(edit.contentType),
                .texts(edit.events), .text(edit.branchFilter), .bool(edit.isActive), .optional(secret),
                .optional(authorization), .int(WebhookLimits.perRepositoryMax)) != nil
        }
    }

    /// - Returns: false when it is gone.
    public func set(
        _ id: WebhookID, in repository: RepositoryID, to edit: WebhookEdit, secret: SealedChange,
        authorization: SealedChange
    ) throws -> Bool {
        try !database.write(
            Self.update, .int(repository.number), .int(id.number), .text(edit.url), .text(edit.contentType),
            .texts(edit.events), .text(edit.branchFilter), .bool(edit.isActive), .bool(secret.isChange),
            .optional(secret.bytes), .bool(authorization.isChange), .optional(authorization.bytes)
        ).isEmpty
    }

    public func remove(_ id: WebhookID, in repository: RepositoryID) throws -> Bool {
        try !database.write(Self.remove, .int(repository.number), .int(id.number)).isEmpty
    }

    /// Sends nothing to it for so long: others would wait for what gives no answer.
    public func pause(_ id: WebhookID, seconds: Int64) throws {
        try database.write(Self.pause, .int(id.number), .int(seconds))
    }

    /// What is sealed; nil of one that is gone.
    public func sealed(_ id: WebhookID) throws -> (secret: [UInt8]?, authorization: [UInt8]?)? {
        try database.read(Self.sealed, .int(id.number)).first.map { try $0.decode(([UInt8]?, [UInt8]?).self) }
    }

    private static func view(_ row: Row) throws -> WebhookView {
        let (id, repository, url, contentType, events, filter, hasSecret, hasAuthorization, isActive) = try row.decode(
            (WebhookID, RepositoryID, String, String, [String], String, Bool, Bool, Bool).self)
        let (createdAt, updatedAt) = try row.decode((Instant, Instant).self, from: 9)
        return WebhookView(
            id: id, repository: repository, url: url, contentType: contentType, events: events, branchFilter: filter,
            hasSecret: hasSecret, hasAuthorization: hasAuthorization, isActive: isActive,
            createdAt: createdAt.microseconds, updatedAt: updatedAt.microseconds)
    }
}

extension SealedChange {
    fileprivate var isChange: Bool { if case .kept = self { false } else { true } }
    fileprivate var bytes: [UInt8]? { if case .set(let bytes) = self { bytes } else { nil } }
}
