import Domain
import Testing

@Suite("Limits of artifacts agree with each other")
struct ArtifactLimitsTests {
    @Test("a list of the most blocks with the longest ids fits into its own bytes")
    func blockList() throws {
        // <Latest>…</Latest> around the base64 of the longest id.
        let element = "<Latest>".utf8.count + "</Latest>".utf8.count + (ArtifactLimits.blockIDBytesMax + 2) / 3 * 4
        #expect(element * ArtifactLimits.blockCountMax < ArtifactLimits.blockListBytesMax)
        let id = try BlockID(base64: String(repeating: "AAAA", count: 21) + "AA==")
        #expect(id.bytes.count == ArtifactLimits.blockIDBytesMax)
    }

    @Test("names fit file systems, and an address outlives the keys that are about to sign")
    func others() {
        #expect(ArtifactLimits.nameBytesMax <= 255 && ArtifactLimits.pathSegmentBytesMax <= 255)
        #expect(ArtifactLimits.pathSegmentBytesMax < ArtifactLimits.pathBytesMax)
        #expect(ArtifactLimits.pathBytesMax < 2704, "PostgreSQL refuses longer index rows")
        #expect(ArtifactLimits.urlSeconds <= ArtifactLimits.uploadURLSeconds)
        #expect(SignedURLLimits.keyLastsSeconds > ArtifactLimits.uploadURLSeconds + SignedURLLimits.keySettlesSeconds)
        #expect(SignedURLLimits.rereadSeconds * 2 < SignedURLLimits.keySettlesSeconds, "one reading may fail")
    }
}
