import Postgres

/// Whether the keys of the server open by the master key that is configured, and none stands in the database as it is.
package struct MasterKeyDoctor: Sendable {
    let keys: Keys

    package init(keys: Keys) { self.keys = keys }

    package func diagnoses() throws -> [Diagnosis] {
        let subject = "master key"
        guard let path = keys.master.path else {
            do { try keys.check() } catch let error as MasterKeyProblem { return [.problem(subject, "\(error)")] }
            return [.ok(subject, "none is configured, so secrets are not served; \(MasterKeys.hint)")]
        }
        do {
            let bare = try keys.check()
            guard bare.isEmpty else {
                return [
                    .problem(
                        subject,
                        "\(bare.joined(separator: ", ")) of server_key are not wrapped; once no older version runs, run: "
                            + "millrace secrets wrap")
                ]
            }
            return [.ok(subject, "\(try keys.master.wrapping().id) of \"\(path)\" opens every key")]
        } catch let error as MasterKeyProblem {
            return [.problem(subject, "\(error)")]
        }
    }
}
