import Foundation
import Yams

/// millrace.yaml, checked: an unknown key or a bad value is an error with its line.
struct Configuration: Sendable {
    var publicURL = "http://127.0.0.1:3000"
    var socketDirectory = "/run/millrace"
    var workThreads = 16
    var databaseDSN = "dbname=millrace"
    var listenDSN: String?
    var databasePool = 8
    var migrationsDirectory = "sql/migrations"
    var storageDirectory = "/var/lib/millrace"
    var repositoriesDirectory = "/var/lib/millrace/repositories"
    var pollHoldSeconds = 25.0
    /// After a log has ended it is sealed; rows that come until then are taken (runner.md 5.1).
    var sealGraceSeconds: Int64 = 60
    var logRetentionSeconds: Int64 = 365 * 86_400
    /// The file itself, absolute: hooks are given it.
    var path = ""

    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    static func load(_ path: String) throws -> Configuration {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Problem(description: "could not read the configuration \"\(path)\"; name it with --config FILE")
        }
        var configuration = Configuration()
        configuration.path = URL(fileURLWithPath: path).standardizedFileURL.path
        guard let root = try Yams.compose(yaml: text) else { return configuration }
        guard let sections = root.mapping else {
            throw Problem(description: "\(path): expected sections at the top level")
        }
        for (section, content) in sections {
            guard let keys = content.mapping else {
                throw Problem(
                    description: "\(path):\(section.mark?.line ?? 0): \"\(section.string ?? "")\" must hold keys")
            }
            for (key, value) in keys {
                let name = "\(section.string ?? "").\(key.string ?? "")"
                let place = "\(path):\(key.mark?.line ?? 0)"
                guard let scalar = value.scalar?.string else {
                    throw Problem(description: "\(place): \"\(name)\" must be a single value")
                }
                try configuration.set(name, scalar, place: place)
            }
        }
        for (variable, value) in ProcessInfo.processInfo.environment where variable.hasPrefix("MILLRACE_") {
            let parts = variable.dropFirst("MILLRACE_".count).lowercased().split(separator: "_", maxSplits: 1)
            // Other MILLRACE_ variables (a hook's, a script's) are not configuration: only known keys count.
            guard parts.count == 2, known.contains("\(parts[0]).\(parts[1])") else { continue }
            try configuration.set("\(parts[0]).\(parts[1])", value, place: variable)
        }
        return configuration
    }

    private static let known: Set<String> = [
        "server.public_url", "server.socket_dir", "server.work_threads", "database.dsn", "database.listen_dsn",
        "database.pool", "database.migrations_dir", "storage.dir", "git.repositories_dir", "tasks.poll_hold",
        "logs.seal_grace", "logs.retention",
    ]

    private mutating func set(_ name: String, _ value: String, place: String) throws {
        func count(_ range: ClosedRange<Int>) throws -> Int {
            guard let number = Int(value), range.contains(number) else {
                throw Problem(
                    description:
                        "\(place): \"\(name)\" is \"\(value)\"; it must be a number from \(range.lowerBound) to \(range.upperBound)"
                )
            }
            return number
        }
        func duration(_ range: ClosedRange<Int64>) throws -> Int64 {
            let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
            let unit = value.last.flatMap { units[$0] } ?? 0
            let (seconds, overflow) = (Int64(value.dropLast()) ?? -1).multipliedReportingOverflow(by: unit)
            guard unit > 0, !overflow, range.contains(seconds) else {
                throw Problem(
                    description:
                        "\(place): \"\(name)\" is \"\(value)\"; it must be a whole number and s, m, h or d, from \(range.lowerBound)s to \(range.upperBound)s"
                )
            }
            return seconds
        }
        switch name {
        case "server.public_url": publicURL = value.hasSuffix("/") ? String(value.dropLast()) : value
        case "server.socket_dir": socketDirectory = value
        case "server.work_threads": workThreads = try count(1...512)
        case "database.dsn": databaseDSN = value
        case "database.listen_dsn": listenDSN = value
        case "database.pool": databasePool = try count(1...200)
        case "database.migrations_dir": migrationsDirectory = value
        case "storage.dir": storageDirectory = value
        case "git.repositories_dir": repositoriesDirectory = value
        case "tasks.poll_hold":
            guard value.hasSuffix("s"), let seconds = Double(value.dropLast()), (0...50).contains(seconds) else {
                throw Problem(
                    description:
                        "\(place): \"\(name)\" is \"\(value)\"; it must be seconds such as \"25s\", at most 50s")
            }
            pollHoldSeconds = seconds
        case "logs.seal_grace": sealGraceSeconds = try duration(0...86_400)
        case "logs.retention": logRetentionSeconds = try duration(1...(100 * 365 * 86_400))
        default:
            throw Problem(
                description:
                    "\(place): unknown key \"\(name)\"; known are \(Self.known.sorted().joined(separator: ", "))")
        }
    }
}
