import Testing

@testable import Client

@Suite("The progress of a transfer")
struct ProgressLineTests {
    static let sizes: [(count: Int64, text: String)] = [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1049, "1.0 kB"), (1050, "1.1 kB"), (999_949, "999.9 kB"),
        (999_950, "1.0 MB"), (64_500_000, "64.5 MB"), (1_073_741_824, "1.1 GB"), (5_000_000_000_000, "5.0 TB"),
        (.max, "9223372.0 TB"),
    ]

    @Test("bytes for people", arguments: sizes.indices)
    func bytes(index: Int) { #expect(byteText(Self.sizes[index].count) == Self.sizes[index].text) }

    static let lines: [(done: Int64, before: Int64, total: Int64?, seconds: Double, line: String)] = [
        (0, 0, 1_000_000, 0, "dist    0 %  0 B of 1.0 MB"),
        (0, 0, 1_000_000, 2, "dist    0 %  0 B of 1.0 MB"),
        (420_000, 0, 1_000_000, 2, "dist   42 %  420.0 kB of 1.0 MB  210.0 kB/s  3 s left"),
        (1_000_000, 0, 1_000_000, 4, "dist  100 %  1.0 MB of 1.0 MB  250.0 kB/s"),
        // What an earlier call got is part of the share, not of the rate.
        (900_000, 800_000, 1_000_000, 1, "dist   90 %  900.0 kB of 1.0 MB  100.0 kB/s  1 s left"),
        (1_000, 0, 100_000, 1, "dist    1 %  1.0 kB of 100.0 kB  1.0 kB/s  1 min 39 s left"),
        (1_000, 0, 10_000_000, 1, "dist    0 %  1.0 kB of 10.0 MB  1.0 kB/s  2 h 46 min left"),
        (1_000, 0, .max, 1, "dist    0 %  1.0 kB of 9223372.0 TB  1.0 kB/s  99 h 59 min left"),
        (5_000, 0, nil, 1, "dist  5.0 kB  5.0 kB/s"), (0, 0, 0, 1, "dist  0 B"),
        // A file may have grown since it was looked at, a restart may have thrown away what was there.
        (2_000_000, 0, 1_000_000, 1, "dist  100 %  2.0 MB of 1.0 MB  2.0 MB/s"),
        (100, 500, 1_000, 1, "dist   10 %  100 B of 1.0 kB"),
    ]

    @Test("in one line", arguments: lines.indices)
    func line(index: Int) {
        let (done, before, total, seconds, line) = Self.lines[index]
        #expect(progressLine("dist", done: done, before: before, total: total, seconds: seconds) == line)
    }
}
