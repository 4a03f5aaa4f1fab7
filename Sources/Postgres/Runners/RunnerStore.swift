import Domain

/// A runner as the poll lane knows it. Repository wins over owner (runner.md 3.1).
public struct Runner: Sendable, Equatable {
    public let id: RunnerID
    public let uuid: String
    public let name: String
    public let version: String
    public let owner: AccountID?
    public let repository: RepositoryID?
    public let labels: [String]
    public let canCancel: Bool
    public let ephemeral: Bool
    public let disabled: Bool
    public let tokenHash: [UInt8]

    init(_ row: Row) {
        id = RunnerID(row.int(0))
        uuid = row.uuid(1)
        name = row.text(2)
        version = row.text(3)
        owner = row.optionalInt(4).map(AccountID.init)
        repository = row.optionalInt(5).map(RepositoryID.init)
        labels = row.texts(6)
        canCancel = row.texts(7).contains("cancelling")
        ephemeral = row.bool(8)
        disabled = row.bool(9)
        tokenHash = row.bytes(10)
    }
}

/// What a registration token allows.
public struct RegistrationGrant: Sendable {
    public let owner: AccountID?
    public let repository: RepositoryID?
    public let isActive: Bool
}

/// Writes `runner` and `registration_token`.
public struct RunnerStore: Sendable {
    /// NOTIFY channel: a runner's credential, labels or flags changed; payload its uuid.
    public static let changedChannel = "millrace_runner"

    let database: Database
    public init(database: Database) { self.database = database }

    private static let columns =
        "id, uuid, name, version, owner_id, repository_id, labels, capabilities, ephemeral, disabled, token_hash"
    private static let byUUID = Statement("runner_by_uuid", "select \(columns) from runner where uuid = $1::text::uuid")
    private static let grant = Statement(
        "registration_token_get", "select owner_id, repository_id, is_active from registration_token where hash = $1")
    private static let insertGrant = Statement(
        "registration_token_insert",
        "insert into registration_token (hash, owner_id, repository_id) values ($1, $2, $3)")
    private static let insert = Statement(
        "runner_insert",
        """
        insert into runner (uuid, token_hash, name, version, owner_id, repository_id, labels, capabilities, ephemeral)
        values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, $8) returning \(columns)
        """)
    private static let declare = Statement(
        "runner_declare",
        """
        update runner set version = $2, labels = $3, capabilities = $4, last_online = now() where id = $1
        returning \(columns)
        """)
    private static let online = Statement(
        "runner_online",
        "update runner set last_online = now() where id = any($1) and (last_online is null or last_online < now() - interval '15 seconds')"
    )
    private static let labelSets = Statement(
        "label_set_all", "select id, labels from label_set where id > $1 order by id")

    /// - Parameter uuid: 36 characters, checked by the caller; another shape would be an SQL error.
    public func runner(uuid: String) throws -> Runner? {
        try database.read(Self.byUUID, .text(uuid)).first.map(Runner.init)
    }
    public func grant(tokenHash: [UInt8]) throws -> RegistrationGrant? {
        try database.read(Self.grant, .bytes(tokenHash)).first.map {
            RegistrationGrant(
                owner: $0.optionalInt(0).map(AccountID.init), repository: $0.optionalInt(1).map(RepositoryID.init),
                isActive: $0.bool(2))
        }
    }
    public func addGrant(tokenHash: [UInt8], owner: AccountID?, repository: RepositoryID?) throws {
        try database.write(
            Self.insertGrant, .bytes(tokenHash), .optional(owner?.number), .optional(repository?.number))
    }

    public func register(
        name: String, version: String, labels: [String], capabilities: [String], ephemeral: Bool, tokenHash: [UInt8],
        grant: RegistrationGrant
    ) throws -> Runner? {
        try database.write(
            Self.insert, .bytes(tokenHash), .text(name), .text(version), .optional(grant.owner?.number),
            .optional(grant.repository?.number), .texts(labels), .texts(capabilities), .bool(ephemeral)
        ).first.map(Runner.init)
    }

    public func declare(_ runner: Runner, version: String, labels: [String], capabilities: [String]) throws -> Runner? {
        try database.transaction { tx in
            let row = try tx.first(
                Self.declare, .int(runner.id.number), .text(version), .texts(labels), .texts(capabilities))
            try tx.notify(Self.changedChannel, runner.uuid)
            return row.map(Runner.init)
        }
    }

    /// One statement for all runners heard since the last call (runner.md 3.2: never a write per poll).
    public func markOnline(_ runners: [RunnerID]) throws {
        guard !runners.isEmpty else { return }
        try database.write(Self.online, .ints(runners.map(\.number)))
    }

    /// Label sets made after `id`: what a cache still lacks.
    public func labelSets(after id: Int64) throws -> [(id: Int64, labels: [String])] {
        try database.read(Self.labelSets, .int(id)).map { ($0.int(0), $0.texts(1)) }
    }
}
