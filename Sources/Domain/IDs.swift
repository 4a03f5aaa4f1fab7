/// A row's number with the kind of row in its type, so that a job's id cannot be handed over as a task's.
public protocol EntityID: Hashable, Sendable, CustomStringConvertible {
    var number: Int64 { get }
    init(_ number: Int64)
}

extension EntityID {
    public var description: String { String(number) }
}

public struct AccountID: EntityID {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
}

public struct RepositoryID: EntityID {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
}

public struct RunID: EntityID {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
}

public struct AttemptID: EntityID {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
}

public struct JobID: EntityID {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
}

public struct TaskID: EntityID {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
}

public struct RunnerID: EntityID {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
}

public struct InboxID: EntityID {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
}

public struct ArtifactID: EntityID {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
}

public struct UploadID: EntityID {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
}

public struct BlobID: EntityID {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
}

/// A concurrency group of a repository.
public struct GroupID: EntityID {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
}

public struct EnvironmentID: EntityID {
    public let number: Int64
    public init(_ number: Int64) { self.number = number }
}
