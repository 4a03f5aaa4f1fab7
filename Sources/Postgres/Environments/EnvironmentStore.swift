import Domain

/// Who may approve jobs of an environment.
public enum Reviewer: Hashable, Sendable {
    case account(AccountID, name: String)
    case team(id: Int64, name: String)
}

/// An environment as it is shown.
public struct EnvironmentView: Sendable {
    public let id: EnvironmentID
    public let name: String
    public let waitMinutes: Int64
    public let preventsSelfReview: Bool
    public let branches: BranchRule
    public let reviewers: [Reviewer]
    /// Microseconds since 1970.
    public let createdAt: Int64
    public let updatedAt: Int64
}

/// What a client sets an environment to.
public struct EnvironmentEdit: Sendable {
    /// A reviewer as clients name one.
    public struct ReviewerID: Hashable, Sendable {
        public let isTeam: Bool
        public let id: Int64
        public init(isTeam: Bool, id: Int64) {
            self.isTeam = isTeam
            self.id = id
        }
    }
    public let waitMinutes: Int64
    public let preventsSelfReview: Bool
    public let reviewers: [ReviewerID]
    /// 0: all, 1: protected, 2: by patterns, which are kept.
    public let branchRule: Int64

    public init(waitMinutes: Int64, preventsSelfReview: Bool, reviewers: [ReviewerID], branchRule: Int64) {
        self.waitMinutes = waitMinutes
        self.preventsSelfReview = preventsSelfReview
        self.reviewers = reviewers
        self.branchRule = branchRule
    }
}

/// A pattern of refs, with its id.
public struct BranchPolicyView: Sendable {
    public let id: Int64
    public let policy: BranchPolicy
}

/// What came of writing an environment or a pattern.
public enum EnvironmentWrite<Made: Sendable>: Sendable {
    case done(Made)
    case missing
    case exists
    /// There are as many as there may be.
    case full
    /// There is no such account or team.
    case noReviewer
}

/// Writes `environment`, `environment_reviewer` and `environment_branch_policy`.
public struct EnvironmentStore: Sendable {
    let database: Database
    public init(database: Database) { self.database = database }

    private static let columns =
        """
        e.id, e.name, e.wait_minutes, e.prevents_self_review, e.branch_rule::bigint, e.created_at, e.updated_at,
               array(select p.kind || ' ' || p.pattern from environment_branch_policy p where p.environment_id = e.id order by p.id),
               array(select case when v.team_id is null then 'account ' || v.account_id || ' ' || a.name
                                 else 'team ' || v.team_id || ' ' || t.name end
                       from environment_reviewer v left join account a on a.id = v.account_id left join team t on t.id = v.team_id
                      where v.environment_id = e.id order by v.position)
        """
    private static let list = Statement(
        "environment_list",
        "select \(columns) from environment e where e.repository_id = $1 order by e.key limit $2 offset $3")
    private static let count = Statement(
        "environment_count", "select count(*) from environment where repository_id = $1")
    private static let byKey = Statement(
        "environment_by_key", "select \(columns) from environment e where e.repository_id = $1 and e.key = $2")
    /// Made where it is missing, up to the limit.
    private static let make = Statement(
        "environment_make",
        """
        insert into environment (repository_id, name, key)
        select $1, $2, $3 where (select count(*) from environment where repository_id = $1) < $4
            on conflict on constraint environment_key do nothing
        """)
    private static let set = Statement(
        "environment_set",
        """
        update environment set wait_minutes = $3, prevents_self_review = $4, branch_rule = $5, updated_at = now()
         where repository_id = $1 and key = $2 returning id
        """)
    private static let clearReviewers = Statement(
        "environment_clear_reviewers", "delete from environment_reviewer where environment_id = $1")
    /// An account that is no person, or a team of another organization than the repository's owner, is none.
    private static let addReviewer = Statement(
        "environment_add_reviewer",
        """
        insert into environment_reviewer (environment_id, position, account_id, team_id)
        select e.id, $2, a.id, t.id
          from environment e join repository r on r.id = e.repository_id
          left join account a on not $3 and a.id = $4 and not a.is_org
          left join team t on $3 and t.id = $4 and t.organization_id = r.owner_id
         where e.id = $1 and (a.id is not null or t.id is not null) returning environment_id
        """)
    private static let remove = Statement(
        "environment_remove", "delete from environment where repository_id = $1 and key = $2 returning id")

    public func list(of repository: RepositoryID, _ part: ListPart) throws -> [EnvironmentView] {
        try database.read(Self.list, .int(repository.number), .int(part.limit), .int(part.offset)).map(Self.view)
    }
    public func count(of repository: RepositoryID) throws -> Int64 {
        try database.readOne(Self.count, .int(repository.number)).value(0)
    }
    public func environment(_ name: String, in repository: RepositoryID) throws -> EnvironmentView? {
        try database.read(Self.byKey, .int(repository.number), .text(environmentKey(name))).first.map(Self.view)
    }

    /// Makes the environment or replaces its rules.
    public func put(
        _ name: String, in repository: RepositoryID, _ edit: EnvironmentEdit
    ) throws -> EnvironmentWrite<EnvironmentView> {
        struct NoReviewer: Error {}
        do {
            return try database.transaction { tx in
                let key = environmentKey(name)
                try tx.run(
                    Self.make, .int(repository.number), .text(name), .text(key),
                    .int(EnvironmentLimits.perRepositoryMax))
                let row = try tx.first(
                    Self.set, .int(repository.number), .text(key), .int(edit.waitMinutes),
                    .bool(edit.preventsSelfReview), .int(edit.branchRule))
                guard let id = row?.int(0) else { return .full }
                try tx.run(Self.clearReviewers, .int(id))
                for (place, reviewer) in edit.reviewers.enumerated() {
                    let added = try tx.first(
                        Self.addReviewer, .int(id), .int(Int64(place)), .bool(reviewer.isTeam), .int(reviewer.id))
                    if added == nil { throw NoReviewer() }
                }
                guard let made = try tx.first(Self.byKey, .int(repository.number), .text(key)) else { return .missing }
                return .done(try Self.view(made))
            }
        } catch is NoReviewer {
            return .noReviewer
        } catch let error as PostgresError where error.isForeignKeyViolation {
            return .missing
        }
    }

    /// - Returns: false when there was none.
    public func remove(_ name: String, in repository: RepositoryID) throws -> Bool {
        try database.transaction { tx in
            let removed = try tx.run(Self.remove, .int(repository.number), .text(environmentKey(name)))
            if !removed.isEmpty { try DeploymentStore.refuseOrphans(in: tx) }
            return !removed.isEmpty
        }
    }

    // MARK: for a job

    /// The rules of an environment, which is made without any where it is missing.
    ///
    /// - Returns: nil when the repository has as many as it may.
    static func rules(_ name: String, in repository: RepositoryID, in tx: Transaction) throws -> EnvironmentRules? {
        let key = environmentKey(name)
        func found() throws -> EnvironmentRules? {
            try tx.first(byKey, .int(repository.number), .text(key)).map { row in
                let view = try view(row)
                return EnvironmentRules(
                    id: view.id, name: view.name, waitMinutes: view.waitMinutes, needsReview: !view.reviewers.isEmpty,
                    branches: view.branches)
            }
        }
        if let known = try found() { return known }
        try tx.run(
            make, .int(repository.number), .text(name), .text(key), .int(EnvironmentLimits.perRepositoryMax))
        return try found()
    }

    // MARK: patterns

    private static let policies = Statement(
        "environment_policies",
        """
        select p.id, p.pattern, p.kind from environment_branch_policy p where p.environment_id = $1 order by p.id
         limit $2 offset $3
        """)
    private static let addPolicy = Statement(
        "environment_add_policy",
        """
        insert into environment_branch_policy (environment_id, pattern, kind)
        select e.id, $2, $3 from environment e
         where e.id = $1 and (select count(*) from environment_branch_policy where environment_id = $1) < $4
        returning id, pattern, kind
        """)
    private static let setPolicy = Statement(
        "environment_set_policy",
        "update environment_branch_policy set pattern = $3 where environment_id = $1 and id = $2 returning id, pattern, kind"
    )
    private static let removePolicy = Statement(
        "environment_remove_policy",
        "delete from environment_branch_policy where environment_id = $1 and id = $2 returning id")

    public func policies(of environment: EnvironmentID, _ part: ListPart) throws -> [BranchPolicyView] {
        try database.read(Self.policies, .int(environment.number), .int(part.limit), .int(part.offset)).map(Self.policy)
    }
    public func add(
        _ policy: BranchPolicy, to environment: EnvironmentID
    ) throws -> EnvironmentWrite<BranchPolicyView> {
        do {
            let row = try database.write(
                Self.addPolicy, .int(environment.number), .text(policy.pattern), .text(policy.kind.rawValue),
                .int(EnvironmentLimits.policiesMax)
            ).first
            return try row.map { .done(try Self.policy($0)) } ?? .full
        } catch let error as PostgresError where error.isUniqueViolation {
            return .exists
        } catch let error as PostgresError where error.isForeignKeyViolation {
            return .missing
        }
    }
    public func set(
        _ id: Int64, to pattern: String, of environment: EnvironmentID
    ) throws -> EnvironmentWrite<BranchPolicyView> {
        do {
            let row = try database.write(Self.setPolicy, .int(environment.number), .int(id), .text(pattern)).first
            return try row.map { .done(try Self.policy($0)) } ?? .missing
        } catch let error as PostgresError where error.isUniqueViolation {
            return .exists
        }
    }
    public func removePolicy(_ id: Int64, of environment: EnvironmentID) throws -> Bool {
        try !database.write(Self.removePolicy, .int(environment.number), .int(id)).isEmpty
    }

    // MARK: rows

    private static func policy(_ row: Row) throws -> BranchPolicyView {
        BranchPolicyView(
            id: row.int(0), policy: BranchPolicy(pattern: row.text(1), kind: .init(rawValue: row.text(2)) ?? .branch))
    }

    private static func view(_ row: Row) throws -> EnvironmentView {
        let policies = row.texts(7).compactMap { text -> BranchPolicy? in
            let parts = text.split(byte: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = parts.first, let kind = BranchPolicy.Kind(rawValue: first) else { return nil }
            return BranchPolicy(pattern: parts.last ?? "", kind: kind)
        }
        let rule: BranchRule =
            switch row.int(4) {
            case 1: .protected
            case 2: .custom(policies)
            default: .all
            }
        return EnvironmentView(
            id: EnvironmentID(row.int(0)), name: row.text(1), waitMinutes: row.int(2),
            preventsSelfReview: row.bool(3), branches: rule, reviewers: row.texts(8).compactMap(reviewer),
            createdAt: row.microseconds(5) ?? 0, updatedAt: row.microseconds(6) ?? 0)
    }

    /// `account 4 ann`, `team 2 ops`
    static func reviewer(_ text: String) -> Reviewer? {
        let parts = text.split(byte: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let id = Int64(parts[1]) else { return nil }
        return parts[0] == "team" ? .team(id: id, name: parts[2]) : .account(AccountID(id), name: parts[2])
    }
}
