/// What the jobs of a called workflow have from their caller (workflows.md 13).
public struct CallFrame: Equatable, Sendable {
    /// What stands before the names of its jobs: `deploy / `.
    let namePrefix: String
    /// The context `inputs`, as JSON text.
    let inputs: String
    let secrets: SecretGrant
    /// What the caller's token may do: the callee's jobs may do no more.
    let permissions: TokenPermissions
    let mayIdentify: Bool
    /// The called file, which says where `./` leads.
    let file: CallReference

    var inputValues: ExpressionValue { (try? ExpressionValue(json: inputs)) ?? .object([]) }

    // MARK: stored form

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("prefix")
            json.string(namePrefix)
            json.key("inputs")
            json.member(Array(inputs.utf8))
            json.key("secrets")
            secrets.write(to: &json)
            json.key("permissions")
            json.string(permissions.stored)
            json.key("id_token")
            json.literal(mayIdentify ? "true" : "false")
            json.key("file")
            json.string(file.name)
        }
    }

    init(
        namePrefix: String, inputs: String, secrets: SecretGrant, permissions: TokenPermissions, mayIdentify: Bool,
        file: CallReference
    ) {
        self.namePrefix = namePrefix
        self.inputs = inputs
        self.secrets = secrets
        self.permissions = permissions
        self.mayIdentify = mayIdentify
        self.file = file
    }

    init(stored bytes: ArraySlice<UInt8>) throws(JSONFault) {
        let parts = StoredMembers(try jsonMembers(bytes))
        namePrefix = try parts.text("prefix")
        inputs = String(decoding: try parts.value("inputs"), as: UTF8.self)
        secrets = try SecretGrant(
            stored: try ExpressionValue(json: String(decoding: try parts.value("secrets"), as: UTF8.self)))
        permissions = TokenPermissions(stored: try parts.text("permissions"))
        mayIdentify = try parts.value("id_token").elementsEqual("true".utf8)
        file = CallReference(name: try parts.text("file"))
    }
}
