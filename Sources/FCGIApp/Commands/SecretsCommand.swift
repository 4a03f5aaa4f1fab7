import ArgumentParser
import Client
import Foundation
import Server

/// The keys of secrets (docs/adr/0027).
struct SecretsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secrets", abstract: "Secrets of workflows, and the keys that they are sealed with.",
        subcommands: [List.self, Put.self, Remove.self, Rotate.self, Wrap.self])

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Seal all secrets with a new key, while the server runs.",
            discussion: """
                What was broken off is taken up again by the next call; nothing is ever lost. With --master-key-file, every key
                of the server is wrapped with that file's first key before. Put that key on a second line of the master key file
                of every host first, so that what runs can open what it wraps; take the old line away when this has ended.
                Example: millrace secrets rotate --master-key-file /etc/millrace/master-key.new
                """)
        @OptionGroup var options: ConfigOption
        @Option(help: "File of another master key, which wraps all keys from now on.") var masterKeyFile: String?
        @Flag(help: "Print one JSON object.") var json = false

        func run() throws {
            try AdminCommand.guarded(options) { app in
                let rotation = KeyRotation(app: app)
                var rewrapped: Int?
                var master: MasterKeys.Key?
                if let masterKeyFile, let new = try MasterKeys.read(masterKeyFile).first {
                    if !app.keys.master.holds(new.id) {
                        complain(
                            "millrace: the master key file of this host does not hold the new key \(new.id) yet; until it "
                                + "does, the server cannot open secrets")
                    }
                    app.keys.master.add(new)
                    rewrapped = try rotation.rewrap(with: new)
                    master = new
                }
                let outcome = try rotation.rotate(master: master)
                if json {
                    try sayJSON(RotateAnswer(outcome, rewrapped: rewrapped))
                } else {
                    if let rewrapped { say("wrapped \(rewrapped) keys with master key \(master?.id ?? "")") }
                    say(
                        "\(outcome.resumed ? "went on with" : "made") key \(outcome.key), sealed \(outcome.sealed_anew) secrets with it"
                    )
                }
            }
        }
    }

    struct Wrap: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Wrap the server's own keys with the master key.",
            discussion: """
                Once, when a server of before secrets was updated: not before every instance is of this version, since an older
                one would take a wrapped key for the key itself.
                Example: millrace secrets wrap
                """)
        @OptionGroup var options: ConfigOption

        func run() throws {
            try AdminCommand.guarded(options) { app in
                let count = try KeyRotation(app: app).wrap()
                say(count == 0 ? "all keys are wrapped" : "wrapped \(count) keys")
            }
        }
    }
}

private struct RotateAnswer: Encodable {
    let key: Int64
    let resumed: Bool
    let sealed_anew: Int
    let keys_removed: [Int64]
    let keys_rewrapped: Int?

    init(_ outcome: KeyRotation.Outcome, rewrapped: Int?) {
        key = outcome.key
        resumed = outcome.resumed
        sealed_anew = outcome.sealed_anew
        keys_removed = outcome.keys_removed
        keys_rewrapped = rewrapped
    }
}
