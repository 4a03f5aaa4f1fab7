/// Where an artifact is in its life. The numbers are Gitea's, as the table stores them; 3 is not used there either.
public enum ArtifactState: Int64, CaseIterable, Sendable {
    /// Announced, perhaps half uploaded; nobody sees it.
    case pending = 1
    case uploaded = 2
    /// Shown as expired, its bytes are gone or going.
    case expired = 4
    /// Nobody sees it, its bytes are still there.
    case deleting = 5
    case deleted = 6
}

public enum ArtifactEvent: CaseIterable, Sendable {
    /// All bytes are durable and their digest is known.
    case finalized
    /// `expires_at` has passed.
    case expired
    case deleteRequested
    /// The sweep has removed the bytes, or given back its share of them.
    case bytesFreed
    /// Its task is over and nothing has come for it since.
    case abandoned
}

/// What an event does to an artifact; nil when nothing changes. A late or repeated event is no fault, since sweeps of
/// several instances and clients meet here, but it never brings an artifact back.
///
/// - Source: artifacts.md 6.
public func decide(_ state: ArtifactState, _ event: ArtifactEvent) -> ArtifactState? {
    switch (state, event) {
    case (.pending, .finalized): .uploaded
    // Its blocks are bytes like any others: the same sweep frees them.
    case (.pending, .abandoned), (.pending, .deleteRequested): .deleting
    // What nobody has seen cannot expire in anybody's eyes; it is abandoned instead.
    case (.pending, .expired), (.pending, .bytesFreed): nil
    case (.uploaded, .expired): .expired
    case (.uploaded, .deleteRequested): .deleting
    // Freeing bytes of what is still served would be a fault of the sweep: the state says so and stays.
    case (.uploaded, .finalized), (.uploaded, .bytesFreed), (.uploaded, .abandoned): nil
    // It is listed as expired until its run goes, unless somebody wants it gone now.
    case (.expired, .deleteRequested): .deleting
    case (.expired, .finalized), (.expired, .expired), (.expired, .bytesFreed), (.expired, .abandoned): nil
    case (.deleting, .bytesFreed): .deleted
    case (.deleting, .finalized), (.deleting, .expired), (.deleting, .deleteRequested), (.deleting, .abandoned): nil
    case (.deleted, .finalized), (.deleted, .expired), (.deleted, .deleteRequested), (.deleted, .bytesFreed),
        (.deleted, .abandoned):
        nil
    }
}
