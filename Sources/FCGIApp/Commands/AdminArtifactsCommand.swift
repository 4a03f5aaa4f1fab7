import ArgumentParser
import Domain
import Server
import Web

/// What one repository may keep, where it differs from the instance.
struct AdminRepoArtifactsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "artifacts", abstract: "Set what a repository keeps of its artifacts, and print it.",
        discussion: """
            "default" goes back to the configuration's value. Without an option it only prints.
            Example: millrace admin repo artifacts --repo ann/app --quota 10GiB --retention 30d --keep-last 5
            """)
    @OptionGroup var options: ConfigOption
    @Option(help: "The repository, as owner/name.") var repo: String
    @Option(help: "Bytes of all artifacts, such as 10GiB; 0 lets nothing in.") var quota: String?
    @Option(help: "Time that artifacts are kept whose upload says nothing, such as 30d.") var retention: String?
    @Option(help: "Artifacts of one name and workflow that are kept, the newest; 0: all.") var keepLast: String?

    func run() throws {
        let quota = try setting(quota, "--quota", "a size such as 10GiB", Quantity.bytes)
        let retention = try setting(retention, "--retention", "a time such as 30d") { text in
            Quantity.seconds(text).flatMap { (1...3_153_600_000).contains($0) ? Int64($0) : nil }
        }
        let keepLast = try setting(keepLast, "--keep-last", "a number from 0") { text in
            Int64(text).flatMap { (0...1_000_000).contains($0) ? $0 : nil }
        }
        try AdminCommand.guarded(options) { app in
            let repository = try app.repository(written: repo)
            let now = try app.repositories.artifactOverrides(of: repository.id) { overrides in
                if let quota { overrides.quotaBytes = quota.value }
                if let retention { overrides.retentionSeconds = retention.value }
                if let keepLast { overrides.keepLast = keepLast.value }
            }
            say("quota: \(now.quotaBytes.map { "\($0) bytes" } ?? "default")")
            say("retention: \(now.retentionSeconds.map { "\($0) s" } ?? "default")")
            say("keep-last: \(now.keepLast.map { "\($0)" } ?? "default")")
        }
    }
}

struct AdminUserArtifactsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "artifacts",
        abstract: "Set how many bytes of artifacts an owner's repositories may keep together.",
        discussion: "Example: millrace admin user artifacts --name ann --quota 50GiB")
    @OptionGroup var options: ConfigOption
    @Option(help: "Login name of the user or organization.") var name: String
    @Option(help: "A size such as 50GiB, or default.") var quota: String

    func run() throws {
        let quota = try setting(quota, "--quota", "a size such as 50GiB", Quantity.bytes)
        try AdminCommand.guarded(options) { app in
            guard let account = try app.accounts.account(named: name) else {
                throw Failure(.missing, "there is no user \"\(name)\"")
            }
            try app.accounts.setArtifactQuota(quota?.value, of: account.id)
        }
    }
}

/// What an option says; nil within is "default".
private struct Setting {
    let value: Int64?
}

/// - Returns: nil when the option is not given.
private func setting(
    _ text: String?, _ option: String, _ shape: String, _ read: (String) -> Int64?
) throws -> Setting? {
    guard let text else { return nil }
    if text == "default" { return Setting(value: nil) }
    guard let value = read(text) else {
        throw ValidationError("\(option) is \"\(text)\"; it must be \(shape), or default")
    }
    return Setting(value: value)
}
