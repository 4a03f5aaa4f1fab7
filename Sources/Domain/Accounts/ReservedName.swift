/// Names that paths of this server begin with, or that it gives itself: an account of that name could not be reached, or
/// would be taken for the server.
///
/// - Returns: why it cannot be a user's or an organization's name; nil when it can.
public func whyReserved(account name: String) -> String? {
    let lower = name.lowercased()
    if lower.hasPrefix("_") || lower.hasPrefix("-") || lower.hasPrefix(".") || lower.hasSuffix(".") {
        return "it begins with \"_\", \"-\" or \".\", or ends with \".\", as addresses of the server itself do"
    }
    if [".git", ".wiki", ".atom", ".rss", ".keys", ".gpg"].contains(where: lower.hasSuffix) {
        return "it ends as addresses of repositories do"
    }
    return reservedAccounts.contains(lower) ? "the server uses this name itself" : nil
}

/// - Returns: why it cannot be the name of a repository of any owner; nil when it can.
public func whyReserved(repository name: String) -> String? {
    let lower = name.lowercased()
    if lower.hasPrefix("_") || lower == "-" || lower == "." || lower == ".." {
        return "pages of the owner itself begin so"
    }
    if [".git", ".wiki", ".atom", ".rss"].contains(where: lower.hasSuffix) {
        return "it ends as addresses of repositories do"
    }
    return nil
}

/// Gitea's own list, which its clients and imports hold to, and what this server adds.
private let reservedAccounts: Set<String> = [
    "api", "assets", "attachments", "avatar", "avatars", "captcha", "commits", "debug", "error", "explore",
    "favicon.ico", "ghost", "gitea-actions", "issues", "login", "logout", "manifest.json", "metrics", "milestones",
    "new", "notifications", "org", "orgs", "pulls", "raw", "register", "repo", "repo-avatars", "repos", "robots.txt",
    "search", "serviceworker.js", "sitemap.xml", "ssh_info", "static", "swagger.v1.json", "user", "users", "v2",
    "anonymous", "healthz", "millrace", "millrace-actions", "readyz", "twirp", "x-access-token",
]
