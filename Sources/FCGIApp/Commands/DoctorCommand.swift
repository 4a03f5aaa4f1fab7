import ArgumentParser
import Domain
import Foundation
import Postgres
import Server
import Web

/// `millrace doctor`: does everything around Millrace let through what it needs?
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look for what keeps uploads and runners from reaching Millrace.",
        discussion: """
            On the server: looks at the storage directory, and sends bodies as large as blocks through the front server, under
            every address that clients are given. From a runner's side, where there is no configuration: print addresses on the
            server with --print-probes, and give them to --probe there.
            Exit 0: all well; 1: something is in the way; 3: PostgreSQL could not be reached.
            Example: millrace doctor --config millrace.yaml
            """)

    @OptionGroup var options: ConfigOption
    @Flag(help: "Print addresses for --probe, good for an hour, and stop.") var printProbes = false
    @Option(parsing: .upToNextOption, help: "Only send to these addresses; needs no configuration.") var probe:
        [String] = []
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        var found: [Diagnosis] = []
        if !probe.isEmpty {
            for address in probe { found += try await Self.follow(address) }
        } else {
            let app: App
            do { app = try App(configuration: try options.load(), instance: "cli") } catch {
                throw CleanExit.status(of: error)
            }
            let bases = [app.configuration.publicURL] + app.configuration.addresses.map(\.text)
            if printProbes {
                for base in bases { say(try Self.probes(base, app).map(\.address).joined(separator: "\n")) }
                return
            }
            let keysOpen: Bool
            do {
                found += try MasterKeyDoctor(keys: app.keys).diagnoses()
                keysOpen = (try? app.keys.check()) != nil
            } catch { throw CleanExit.status(of: error) }
            found += StorageDoctor(directory: app.configuration.storageDirectory).diagnoses()
            // Without its keys the server signs no address that could be tried.
            for base in keysOpen ? bases : [] {
                let doctor = RunnerSideDoctor(base: base)
                found += await doctor.reach()
                for probe in try Self.probes(base, app) {
                    found.append(await doctor.send(bytes: probe.bytes, to: probe.address))
                }
            }
        }
        let isWell = !found.contains { $0.verdict == .problem }
        if json {
            try sayJSON(DoctorAnswer(well: isWell, found: found))
        } else {
            say(found.map(\.text).joined(separator: "\n"))
        }
        if !isWell { throw ExitCode(1) }
    }

    /// Above the usual default of proxies, as large as the actions' blocks, and the largest that may come.
    private static func probes(_ base: String, _ app: App) throws -> [(bytes: Int64, address: String)] {
        let now = Instant(microseconds: Clock.nowMicroseconds())
        return try [1 << 20, 8 << 20, app.configuration.artifacts.blockBytesMax].map { bytes in
            (bytes, try app.probeURL(bytes: bytes, base: base, now: now))
        }
    }

    private static func follow(_ address: String) async throws -> [Diagnosis] {
        guard let url = URLComponents(string: address), let mark = address.range(of: UploadRoutes.prefix + "/probe/"),
            let bytes = url.path.split(byte: "/").last.flatMap({ Int64($0) }), (0...(4000 << 20)).contains(bytes)
        else { throw ValidationError("\"\(address)\" is no address that --print-probes has printed") }
        let doctor = RunnerSideDoctor(base: String(address[..<mark.lowerBound]))
        return await doctor.reach() + [await doctor.send(bytes: bytes, to: address)]
    }
}

private struct DoctorAnswer: Encodable {
    let well: Bool
    let found: [Diagnosis]
}
