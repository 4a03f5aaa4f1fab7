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
    /// An ephemeral runner that was given its one job (runner.md 3.6).
    public let isSpent: Bool
    public let tokenHash: [UInt8]
    public var scope: RunnerScope { RunnerScope(owner: owner, repository: repository) }

    /// As the script of a claim sees it.
    var claimant: Claimant {
        Claimant(id: id, uuid: uuid, scope: scope, canCancel: canCancel, isEphemeral: ephemeral)
    }

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
        isSpent = row.bool(11)
    }
}

/// A distinct `runs-on`.
public struct LabelSet: Equatable, Sendable {
    public let id: Int64
    public let labels: [String]

    public init(id: Int64, labels: [String]) {
        self.id = id
        self.labels = labels
    }
}

/// Which sets of labels are asked for.
public enum LabelSetWish: Equatable, Sendable {
    case all
    case above(Int64)
    case only(Int64)
}

/// Where an ephemeral runner is in its life of one job (runner.md 3.6).
public enum EphemeralState: Sendable {
    /// It had no job yet, or the one it was given went back to the queue unheard of.
    case unspent
    case working
    case spent
}

/// Writes `runner`.
public struct RunnerStore: Sendable {
    /// NOTIFY channel: a runner's credential, labels or flags changed; payload its uuid.
    public static let changedChannel = "millrace_runner"

    let database: Database
    public init(database: Database) { self.database = database }

    private static let columns =
        "id, uuid, name, version, owner_id, repository_id, labels, capabilities, ephemeral, disabled, token_hash, spent_at is not null"
    private static let byUUID = Statement("runner_by_uuid", "select \(columns) from runner where uuid = $1::text::uuid")
    private static let insert = Statement(
        "runner_insert",
        """
        insert into runner (uuid, token_hash, name, version, owner_id, repository_id, labels, capabilities, ephemeral)
        values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, $8) returning \(columns)
        """)
    private static let declare = Statement(
        "runner_declare",
        """
        update runner set version = $2, labels = $3, capabilities = $4, last_online = now(), declared_at = now()
         where id = $1
        returning \(columns)
        """)
    private static let heard = Statement(
        "runner_heard",
        """
        update runner set last_online = now(),
               last_active = case when id = any($2) then now() else last_active end
         where id = any($2)
            or id = any($1) and (last_online is null or last_online < now() - make_interval(secs => $3::bigint))
        """)
    private static let labelSets = Statement(
        "label_set_above", "select id, labels from label_set where id > $1 order by id")
    private static let labelSet = Statement("label_set_get", "select id, labels from label_set where id = $1")
    /// One snapshot: read apart, the two could belong to different moments.
    private static let ephemeral = Statement(
        "runner_ephemeral_state",
        """
        select n.spent_at is not null, exists (select 1 from task t where t.runner_id = n.id and t.status in (6, 8))
          from runner n where n.id = $1
        """)

    /// - Parameter uuid: 36 characters, checked by the caller; another shape would be an SQL error.
    public func runner(uuid: String) throws -> Runner? {
        try database.read(Self.byUUID, .text(uuid)).first.map(Runner.init)
    }

    public func register(
        name: String, version: String, labels: [String], capabilities: [String], ephemeral: Bool, tokenHash: [UInt8],
        scope: RunnerScope
    ) throws -> Runner? {
        try database.transaction { tx in
            let row = try tx.first(
                Self.insert, .bytes(tokenHash), .text(name), .text(version), scope.ownerValue, scope.repositoryValue,
                .texts(labels), .texts(capabilities), .bool(ephemeral))
            guard let runner = row.map(Runner.init) else { return nil }
            try EventStore.append(Event(.runnerRegistered, runner: runner.id, detail: name), in: tx)
            return runner
        }
    }

    public func declare(_ runner: Runner, version: String, labels: [String], capabilities: [String]) throws -> Runner? {
        try database.transaction { tx in
            let row = try tx.first(
                Self.declare, .int(runner.id.number), .text(version), .texts(labels), .texts(capabilities))
            try tx.notify(Self.changedChannel, runner.uuid)
            return row.map(Runner.init)
        }
    }

    /// One statement for all runners heard since the last call (runner.md 3.2: never a write per poll). Its condition is
    /// what keeps several instances, which all hear the runner, from all writing it down.
    ///
    /// - Parameter active: those that reported on a task.
    public func markHeard(online: [RunnerID], active: [RunnerID]) throws {
        guard !online.isEmpty || !active.isEmpty else { return }
        try database.write(
            Self.heard, .ints(online.map(\.number)), .ints(active.map(\.number)),
            .int(RunnerHeard.onlineFreshSeconds))
    }

    /// By id, ascending.
    public func labelSets(_ wish: LabelSetWish) throws -> [LabelSet] {
        let rows =
            switch wish {
            case .all: try database.read(Self.labelSets, .int(0))
            case .above(let id): try database.read(Self.labelSets, .int(id))
            case .only(let id): try database.read(Self.labelSet, .int(id))
            }
        return rows.map { LabelSet(id: $0.int(0), labels: $0.texts(1)) }
    }

    /// - Returns: `.spent` also for a runner that is gone.
    public func ephemeralState(of runner: RunnerID) throws -> EphemeralState {
        guard let row = try database.read(Self.ephemeral, .int(runner.number)).first else { return .spent }
        let (isSpent, isWorking) = try row.decode((Bool, Bool).self)
        return isSpent ? isWorking ? .working : .spent : .unspent
    }

    // MARK: who may be given a job; called by the scripts

    private static let admit = Statement(
        "runner_admit", "select 1 from runner where id = $1 and not disabled and spent_at is null")
    /// Two requests of one ephemeral runner at once must not both get a job.
    private static let admitEphemeral = Statement(
        "runner_admit_ephemeral",
        "select 1 from runner where id = $1 and not disabled and spent_at is null for no key update")
    private static let spend = Statement("runner_spend", "update runner set spent_at = now() where id = $1")
    private static let unspend = Statement(
        "runner_unspend",
        """
        update runner set spent_at = null
         where ephemeral and id = (select runner_id from task where id = $1 and heard_at is null) returning id, uuid
        """)

    static func admit(_ runner: Claimant, in tx: Transaction) throws -> Bool {
        try tx.first(runner.isEphemeral ? admitEphemeral : admit, .int(runner.id.number)) != nil
    }
    static func spend(_ runner: RunnerID, in tx: Transaction) throws { try tx.run(spend, .int(runner.number)) }
    /// - Returns: the runner's UUID; nil when it is not for one job only, or was heard of.
    static func unspend(_ task: TaskID, in tx: Transaction) throws -> String? {
        try tx.first(unspend, .int(task.number))?.uuid(1)
    }

    // MARK: administration

    private static let setDisabled = Statement(
        "runner_set_disabled",
        """
        with old as (select n.id, n.disabled from runner n where \(RunnerListing.condition) and n.id = $4 for update)
        update runner n set disabled = $5 from old where n.id = old.id returning n.uuid, old.disabled <> $5
        """)
    private static let keepPreset = Statement(
        "runner_keep_preset",
        """
        insert into runner (uuid, token_hash, name, owner_id, repository_id, labels, is_preset)
        values ($1::text::uuid, $2, $3, $4, $5, $6, true)
        on conflict (uuid) do update set name = excluded.name, labels = excluded.labels, is_preset = true
         where runner.token_hash = excluded.token_hash and runner.owner_id is not distinct from excluded.owner_id
           and runner.repository_id is not distinct from excluded.repository_id
        returning \(columns)
        """)
    private static let remove = Statement(
        "runner_remove", "delete from runner n where \(RunnerListing.condition) and n.id = $4 returning n.uuid")

    /// A disabled runner keeps its registration and its running jobs, and is given no new ones.
    ///
    /// - Returns: false when the listing has no such runner.
    public func setDisabled(
        _ isDisabled: Bool, _ runner: RunnerID, in listing: RunnerListing, by actor: AccountID?
    ) throws -> Bool {
        try database.transaction { tx in
            guard
                let row = try tx.first(
                    Self.setDisabled, listing.isAll, listing.owner, listing.repository, .int(runner.number),
                    .bool(isDisabled))
            else { return false }
            guard row.bool(1) else { return true }
            try EventStore.append(
                Event(.runnerChanged, runner: runner, actor: actor, detail: isDisabled ? "disabled" : "enabled"), in: tx
            )
            try tx.notify(Self.changedChannel, row.uuid(0))
            return true
        }
    }

    /// What became of a runner whose secret the operator made.
    public enum PresetOutcome: Sendable {
        case kept(Runner)
        /// The same secret, but registered for other repositories.
        case isElsewhere(Runner)
        /// The uuid is a part of the secret: another secret that begins like this one.
        case isTaken(Runner)
    }

    /// Registers it, or gives it the new name and labels when it is registered already.
    public func keepPreset(
        _ identity: PresetRunner, tokenHash: [UInt8], name: String, labels: [String], scope: RunnerScope
    ) throws -> PresetOutcome {
        try database.transaction { tx in
            let kept = try tx.first(
                Self.keepPreset, .text(identity.uuid), .bytes(tokenHash), .text(name), scope.ownerValue,
                scope.repositoryValue, .texts(labels))
            if let runner = kept.map(Runner.init) {
                try EventStore.append(Event(.runnerRegistered, runner: runner.id, detail: name), in: tx)
                try tx.notify(Self.changedChannel, runner.uuid)
                return .kept(runner)
            }
            guard let other = try tx.first(Self.byUUID, .text(identity.uuid)).map(Runner.init) else {
                // Removed between the two statements: there is nothing in the way any more.
                throw PostgresError(
                    sqlState: "40001", message: "the runner was just removed", statement: "runner_keep_preset")
            }
            return other.tokenHash == tokenHash ? .isElsewhere(other) : .isTaken(other)
        }
    }

    /// Its live tasks lose their runner, so the sweep of lost tasks ends them (`TaskLoss.runnerRemoved`).
    ///
    /// The foreign key locks tasks after the runner, a task that goes back to the queue the other way round: PostgreSQL
    /// ends one of the two and `transaction` runs it again.
    ///
    /// - Returns: false when the listing has no such runner.
    public func remove(_ runner: RunnerID, in listing: RunnerListing, by actor: AccountID?) throws -> Bool {
        try database.transaction { tx in
            guard
                let row = try tx.first(
                    Self.remove, listing.isAll, listing.owner, listing.repository, .int(runner.number))
            else { return false }
            try EventStore.append(Event(.runnerRemoved, runner: runner, actor: actor), in: tx)
            try tx.notify(Self.changedChannel, row.uuid(0))
            return true
        }
    }

    // MARK: runners that are of no use any more

    private static let removeSpent = Statement(
        "runner_remove_spent",
        """
        delete from runner n
         where n.spent_at is not null and n.spent_at < now() - interval '1 second'
           and not exists (select 1 from task t where t.runner_id = n.id
                              and (t.status in (6, 8) or (t.log_closed_at is null
                                   and t.stopped_at > now() - make_interval(secs => $1::bigint))))
        returning id, uuid
        """)
    private static let removeOrphans = Statement(
        "runner_remove_orphans",
        """
        delete from runner where declared_at is null and not is_preset and last_online is null and created_at < now() - interval '1 day'
        returning id, uuid
        """)

    /// Removes ephemeral runners that had their job and said its last word, or had `graceSeconds` to say it; and
    /// registrations whose answer was lost, so that nobody ever declared them (runner.md 2.3, 3.6).
    public func removeUseless(graceSeconds: Int64) throws -> Int {
        try database.transaction { tx in
            let gone = try tx.run(Self.removeSpent, .int(graceSeconds)) + tx.run(Self.removeOrphans)
            for row in gone {
                try EventStore.append(Event(.runnerRemoved, runner: RunnerID(row.int(0))), in: tx)
                try tx.notify(Self.changedChannel, row.uuid(1))
            }
            return gone.count
        }
    }
}
