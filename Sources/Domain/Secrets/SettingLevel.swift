/// Where a secret or a variable is kept, and so which jobs see it.
public enum SettingLevel: Hashable, Sendable {
    /// Jobs of all repositories.
    case instance
    /// Jobs of all repositories of a user or an organization.
    case owner(AccountID)
    case repository(RepositoryID)
    /// Jobs that use the environment alone, once they have passed its rules.
    case environment(EnvironmentID)

    /// A nearer level wins over a farther one (rest.md 3).
    var rank: Int {
        switch self {
        case .instance: 0
        case .owner: 1
        case .repository: 2
        case .environment: 3
        }
    }

    /// What a sealed secret is bound to, so that it opens in no other row: the level, whose it is, and the name. The parts
    /// cannot run into each other: none of them holds a space.
    public func place(of name: SecretName) -> String {
        switch self {
        case .instance: "secret instance 0 \(name.text)"
        case .owner(let owner): "secret owner \(owner) \(name.text)"
        case .repository(let repository): "secret repository \(repository) \(name.text)"
        case .environment(let environment): "secret environment \(environment) \(name.text)"
        }
    }
}

/// A secret or a variable of one level.
public struct LeveledValue<Value> {
    public let level: SettingLevel
    public let name: SecretName
    public let value: Value

    public init(level: SettingLevel, name: SecretName, value: Value) {
        self.level = level
        self.name = name
        self.value = value
    }
}

extension LeveledValue: Equatable where Value: Equatable {}
extension LeveledValue: Sendable where Value: Sendable {}

/// What a job sees of the settings of all levels: of one name, the nearest. In the order of the names.
public func resolved<Value>(_ settings: [LeveledValue<Value>]) -> [LeveledValue<Value>] {
    var nearest: [SecretName: LeveledValue<Value>] = [:]
    for setting in settings {
        if let known = nearest[setting.name], known.level.rank >= setting.level.rank { continue }
        nearest[setting.name] = setting
    }
    return nearest.values.sorted { $0.name.text < $1.name.text }
}

/// The context `vars` of variables of all levels.
public func varsContext(_ variables: [LeveledValue<String>]) -> ExpressionValue {
    .object(resolved(variables).map { (key: $0.name.text, value: .string($0.value)) })
}

/// Whether the jobs of a run get secrets (workflows.md 5.6): what a fork's author wrote must not read them. A
/// `pull_request_target` runs the base's own code. Variables are for all.
public func receivesSecrets(event: String, isFromFork: Bool) -> Bool {
    !isFromFork || event == EventName.pullRequestTarget.rawValue
}
