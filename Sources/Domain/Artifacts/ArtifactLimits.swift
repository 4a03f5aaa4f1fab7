/// What one upload may cost. Sizes in bytes unless the name says otherwise; byte quotas are configuration, not limits.
public enum ArtifactLimits {
    /// Bytes in an artifact's name: ext4 and XFS refuse a longer file name when a client writes `<name>` to its disk.
    public static let nameBytesMax = 255
    /// Bytes in a path within an artifact. Windows clients stop at 260 characters, Linux at 4096 bytes with the directory
    /// that the files are unpacked to in front.
    public static let pathBytesMax = 1024
    /// Bytes between two "/" of such a path, for the same file systems as ``nameBytesMax``.
    public static let pathSegmentBytesMax = 255
    /// Bytes in a media type: RFC 6838 4.2 allows 127 on either side of the "/".
    public static let mimeTypeBytesMax = 255

    /// Bytes of a block's id, decoded. Azure's own limit; its SDKs send 48 (artifacts.md 3.3).
    public static let blockIDBytesMax = 64
    /// Blocks in one list. Azure's own limit; with the toolkit's blocks of 8 MiB it is reached at 390 GiB.
    public static let blockCountMax = 50_000
    /// Bytes in the XML of one list: ``blockCountMax`` ids of the longest kind fit (109 bytes each), with room for layout.
    public static let blockListBytesMax = 8 * 1024 * 1024

    /// Files in one v3 artifact. Each is a row and a pair of requests; who has more of them packs them first.
    public static let filesMax = 10_000

    /// Artifacts of one run that a job is told of. The toolkit takes 1000 by default.
    public static let listMax = 10_000
    /// Bytes of a header of the client's that an answer repeats.
    public static let echoedBytesMax = 256

    /// Seconds that a download's address works. Gitea gives 60 minutes; the toolkit starts at once, but tries again up to
    /// five times, and people follow the link from a page (artifacts.md 3.5).
    public static let urlSeconds: Int64 = 3600
    /// Seconds that an upload's address works: the longest that one artifact may take from Create to its block list. The
    /// task must live as well, so this only bounds what a leaked address is good for.
    public static let uploadURLSeconds: Int64 = 6 * 3600
}
