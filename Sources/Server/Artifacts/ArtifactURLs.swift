import Domain

extension App {
    /// Where a v4 client sends an upload. Two segments at least, or Azure's SDK finds no blob's name (artifacts.md 3.3).
    func uploadURL(_ upload: UploadID, base: String, now: Instant) throws -> String {
        let query = try keys.signedURLs.sign(
            .upload, id: upload.number, seconds: ArtifactLimits.uploadURLSeconds, now: now)
        return "\(base)/_artifacts/uploads/\(upload)?\(query)"
    }

    /// Where a body of so many bytes is taken and thrown away, to see whether it gets here.
    package func probeURL(bytes: Int64, base: String, now: Instant) throws -> String {
        let query = try keys.signedURLs.sign(.probe, id: bytes, seconds: ArtifactLimits.urlSeconds, now: now)
        return "\(base)/_artifacts/uploads/probe/\(bytes)?\(query)"
    }

    /// Where anybody who has the address gets the artifact.
    func downloadURL(_ artifact: ArtifactID, base: String, now: Instant) throws -> String {
        let query = try keys.signedURLs.sign(
            .download, id: artifact.number, seconds: ArtifactLimits.urlSeconds, now: now)
        return "\(base)/_artifacts/downloads/\(artifact)?\(query)"
    }
}
