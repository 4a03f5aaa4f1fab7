import Domain

extension ConfigurationKey {
    static let webhooks: [ConfigurationKey] = [
        Self(
            "webhooks.allowed_hosts",
            rule:
                "with commas between them: external, private, loopback, *, names such as *.example.org, networks such as 10.0.0.0/8",
            standard: "external",
            "Where webhooks may be sent to; judged by the address that is connected to."
        ) { configuration, value in
            do throws(AllowedHosts.Invalid) { configuration.webhookHosts = try AllowedHosts(value) } catch {
                throw WrongValue(words: "has what is no host: \(error.words)")
            }
        }
    ]
}
