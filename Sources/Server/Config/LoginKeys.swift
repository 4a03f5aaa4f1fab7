import Domain

/// Another server that says who somebody is (OpenID Connect).
struct OIDCConfiguration: Sendable {
    /// As its discovery document and its tokens write it; "": there is none.
    var issuer = ""
    var clientID = ""
    /// A file with the secret on its first line; "": a public client.
    var clientSecretFile = ""
    var scopes = "openid profile email"
    /// What people know it by.
    var name = "OpenID Connect"
    /// Who is nobody here yet gets an account.
    var createsAccounts = false
    /// Who has an account with a mail address that the server verified is its owner.
    var linksByMail = false

    var isOffered: Bool { !issuer.isEmpty && !clientID.isEmpty }
}

extension ConfigurationKey {
    /// Who says who somebody is, beside the password.
    static let login: [ConfigurationKey] = [
        Self(
            "login.oidc_issuer", rule: "an https address, or one of this host", standard: "",
            "The server of OpenID Connect by which people may log in, as its discovery document names itself. Empty: none."
        ) { configuration, value in
            let isLocal = ["http://127.0.0.1", "http://localhost", "http://[::1]"].contains { start in
                value.hasPrefix(start) && [nil, ":", "/"].contains(value.dropFirst(start.count).first)
            }
            guard value.isEmpty || value.hasPrefix("https://") || isLocal else {
                throw WrongValue(value, "an https address, or an http address of this host")
            }
            configuration.oidc.issuer = value
        },
        Self("login.oidc_client_id", rule: "a text", standard: "", "What this server is called there.") {
            $0.oidc.clientID = $1
        },
        Self(
            "login.oidc_client_secret_file", rule: "a path", standard: "",
            "A file with this server's secret there on its first line; empty for a public client."
        ) { $0.oidc.clientSecretFile = $1 },
        Self(
            "login.oidc_scopes", rule: "scopes with spaces between them", standard: OIDCConfiguration().scopes,
            "What is asked for there; \"openid\" must be one of them."
        ) { configuration, value in
            guard value.split(byte: " ").contains("openid") else {
                throw WrongValue(value, "scopes with spaces between them, \"openid\" among them")
            }
            configuration.oidc.scopes = value
        },
        Self(
            "login.oidc_name", rule: "a text", standard: OIDCConfiguration().name,
            "What the button of the log-in page calls it."
        ) { $0.oidc.name = $1 },
        flag(
            "login.oidc_creates_accounts", \.oidc.createsAccounts,
            "Whether who is nobody here yet gets an account at the first log-in. Else they link it to theirs in their profile."
        ),
        flag(
            "login.oidc_links_by_mail", \.oidc.linksByMail,
            "Whether a mail address that the server calls verified is enough to log in as the account that has it. Only for servers that give no address to anybody else."
        ),
    ]

    private static func flag(
        _ name: String, _ path: WritableKeyPath<Configuration, Bool> & Sendable, _ words: String
    ) -> Self {
        Self(name, rule: "true or false", standard: "false", words) { configuration, value in
            guard let flag = Bool(value) else { throw WrongValue(value, "true or false") }
            configuration[keyPath: path] = flag
        }
    }
}
