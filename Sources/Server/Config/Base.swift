import Web

extension Configuration {
    /// What absolute addresses in an answer begin with: the address that the client used, if it is one of ours, since a
    /// container may not know the public one. `Host` alone is the client's word and believed of nothing else.
    func base(of request: Request) -> String {
        guard !addresses.isEmpty,
            let used = ClientAddress(
                scheme: request.parameters["REQUEST_SCHEME"] ?? "", host: request.parameters["HTTP_HOST"] ?? ""),
            addresses.contains(used)
        else { return publicURL }
        return used.text
    }
}

extension App {
    func base(of request: Request) -> String { configuration.base(of: request) }
}
