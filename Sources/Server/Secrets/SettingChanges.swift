import Domain
import Postgres
import Web

/// Changes of the secrets and variables of one level, by REST and by pages.
struct SettingChanges {
    let app: App
    let level: SettingLevel

    /// - Returns: whether there was none of this name.
    func putSecret(_ name: String?, value: String?, description: String?) throws -> Bool {
        let value = try Self.read("Data") { () throws(ValueFault) in try checkedSecret(value ?? "") }
        let description = try Self.read("Description") { () throws(ValueFault) in try checkedDescription(description) }
        switch try app.putSecret(try Self.new(name), at: level, value: value, description: description) {
        case .created: return true
        case .replaced: return false
        case .full: throw Self.full("secrets")
        case .exists, .missing, .keyIsGone: throw Failure(.missing, "not found")
        }
    }

    func removeSecret(_ name: String?) throws {
        guard try app.secrets.remove(try Self.known(name), at: level) else { throw Failure(.missing, "not found") }
    }

    func createVariable(_ name: String?, value: String?, description: String?) throws {
        let value = try Self.read("Value") { () throws(ValueFault) in try checkedVariable(value ?? "") }
        let description = try Self.read("Description") { () throws(ValueFault) in try checkedDescription(description) }
        let name = try Self.new(name)
        switch try app.variables.create(name, at: level, value: value, description: description) {
        case .created: return
        case .exists: throw Failure(.conflict, "variable \(name.text) exists already")
        case .full: throw Self.full("variables")
        case .missing, .replaced, .keyIsGone: throw Failure(.missing, "not found")
        }
    }

    /// - Parameter newName: nil or "": it keeps its name.
    func updateVariable(_ name: SecretName, newName: String?, value: String?, description: String?) throws {
        let value = try Self.read("Value") { () throws(ValueFault) in try checkedVariable(value ?? "") }
        let description = try Self.read("Description") { () throws(ValueFault) in try checkedDescription(description) }
        let newName = (newName ?? "").isEmpty ? name : try Self.new(newName)
        switch try app.variables.update(name, at: level, to: newName, value: value, description: description) {
        case .replaced: return
        case .exists: throw Failure(.conflict, "variable \(newName.text) exists already")
        case .full: throw Self.full("variables")
        case .missing, .created, .keyIsGone: throw Failure(.missing, "not found")
        }
    }

    func removeVariable(_ name: String?) throws {
        guard try app.variables.remove(try Self.known(name), at: level) else { throw Failure(.missing, "not found") }
    }

    /// The name of what must be there: one that nothing can have is missing.
    static func known(_ text: String?) throws -> SecretName {
        guard let name = try? SecretName(text ?? "") else { throw Failure(.missing, "not found") }
        return name
    }

    /// The name of what is made.
    private static func new(_ text: String?) throws -> SecretName {
        do throws(SecretName.Invalid) { return try SecretName(text ?? "") } catch {
            throw Failure(.malformed, error.words)
        }
    }

    /// - Parameter field: as binding errors call it.
    private static func read(_ field: String, _ check: () throws(ValueFault) -> String) throws -> String {
        do throws(ValueFault) { return try check() } catch {
            switch error {
            case .empty, .hasNUL: throw Failure(.invalid, "[\(field)]: \(error.words)")
            case .tooLong: throw Failure(.malformed, error.words)
            }
        }
    }

    private static func full(_ what: String) -> Failure {
        Failure(
            .invalid,
            "a level has at most \(SecretLimits.perLevelMax) \(what) of \(SecretLimits.levelBytesMax) bytes together; remove what "
                + "nothing uses")
    }
}

extension App {
    /// - Throws: 501 that says what to configure.
    func requireMasterKey() throws {
        if !keys.master.isConfigured { _ = try keys.master.wrapping() }
    }
}
