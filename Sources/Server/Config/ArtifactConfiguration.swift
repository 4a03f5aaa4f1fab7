import Domain
import Postgres

/// The section `artifacts` of millrace.yaml.
package struct ArtifactConfiguration: Sendable {
    /// Of artifacts whose upload says nothing.
    var retentionSeconds: Int64 = 90 * 86_400
    /// Longer wishes are cut to it.
    var retentionSecondsMax: Int64 = 400 * 86_400
    /// What a second v4 artifact of one name in one attempt meets.
    var sameName = SameNamePolicy.refuse
    /// Bytes of one block or chunk. `client_max_body_size` in nginx/millrace.conf must not be smaller.
    package var blockBytesMax: Int64 = 100 << 20
    /// Bytes of all artifacts; nil: no limit.
    var repositoryQuota: Int64?
    var ownerQuota: Int64?
    /// Artifacts of one name and workflow that stay, the newest; 0: all.
    var keepLast: Int64 = 0
    /// An upload whose job is over is given up when nothing has come for so long.
    var abandonedSeconds: Int64 = 3600
    /// Bytes that no row names are removed when they are as old; well above any request, which names what it has stored.
    /// With a look every third of it, none is older than an hour (I7).
    var garbageSeconds: Int64 = 2400

    var store: ArtifactSettings {
        ArtifactSettings(
            repositoryQuota: repositoryQuota, ownerQuota: ownerQuota, samePolicy: sameName,
            retentionSeconds: retentionSeconds, retentionSecondsMax: max(retentionSeconds, retentionSecondsMax))
    }
}
