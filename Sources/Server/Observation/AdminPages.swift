import Domain
import Foundation
import Glibc
import Postgres
import Web

/// Pages: how the whole server does, and who may log in.
enum AdminPages {
    static let path = "/-/admin"
    static let users = "/-/admin/users"
    /// Heard every ten seconds while it runs.
    private static let silentSeconds: Int64 = 60

    static let all: [Endpoint] = [
        Endpoint(
            .get, path, .siteAdmin, answers: [.page, .failure(401), .failure(403)], "Show how the server does.", page),
        Endpoint(
            .get, users, .siteAdmin,
            query: [QueryParameter("q", "a part of the login or full name"), QueryParameter("page", "from 1")],
            answers: [.page, .failure(401), .failure(403)], "Show all people.", usersPage),
        Endpoint.form("\(users)/{username}/disable", .administrator, "Keep somebody from logging in.") {
            request, by, _, app in try change(request, by, isShut: true, app)
        },
        Endpoint.form("\(users)/{username}/enable", .administrator, "Let somebody log in again.") {
            request, by, _, app in try change(request, by, isShut: false, app)
        },
    ]

    static func head(_ title: String, _ caller: Caller) -> PageHead {
        var head = PageHead(title, caller: caller, crumbs: [Crumb(name: "Administration", link: path)])
        head.sections = [
            ("Overview", path), ("Users", users), ("Secrets", "\(path)/secrets"), ("Variables", "\(path)/variables"),
        ].map { name, link in
            RepositoryTab(
                name: name, link: link, isHere: name == title || name == "Overview" && title == "Administration")
        }
        return head
    }

    @Sendable private static func page(_ request: Request, _ caller: Caller, _ app: App) throws -> Response {
        let store = InstanceStore(database: app.database)
        let queue = try app.waits.queue(.everything)
        let instances = try store.instances()
        let putAside = try PutAsideQueries(database: app.database).counts()
        return try AdminPage(
            head: head("Administration", caller), problems: problems(putAside, app).map(AdminProblem.init),
            facts: facts(
                try store.counts(onlineSeconds: RunnerStatus.onlineSeconds), try store.unfinishedRuns(), queue, app),
            queue: queue.map { depth in
                AdminQueueRow(
                    labels: depth.labels.joined(separator: ", "),
                    waiting: "\(depth.waiting)\(depth.isWhole ? "" : "+")",
                    oldest: TimePart(depth.oldest, now: request.now), reason: depth.reason.words)
            },
            isQueueEmpty: queue.isEmpty,
            instances: instances.map { instance in
                InstanceRow(
                    name: instance.name, isHere: instance.name == app.instance,
                    startedAt: TimePart(instance.startedAt, now: request.now),
                    seenAt: TimePart(instance.seenAt, now: request.now),
                    isSilent: request.now > instance.seenAt.adding(seconds: silentSeconds),
                    sweepCount: instance.sweeps.count,
                    sweeps: instance.sweeps.filter { !$0.problem.isEmpty }.map {
                        SweepRow(sweep: $0.name, problem: $0.problem)
                    })
            }
        ).response()
    }

    /// What `millrace doctor` and the metrics would say that is not as it should be.
    private static func problems(_ putAside: (pushes: Int64, jobs: Int64, logs: Int64), _ app: App) -> [String] {
        let looked =
            (try? MasterKeyDoctor(keys: app.keys).diagnoses())
            ?? [.problem("master key", "could not be looked at; millrace doctor says more")]
        let found = looked + StorageDoctor(directory: app.configuration.storageDirectory).diagnoses()
        let given = [(putAside.pushes, "pushes"), (putAside.jobs, "jobs"), (putAside.logs, "logs")].filter { $0.0 > 0 }
        return found.filter { $0.verdict == .problem }.map { "\($0.subject): \($0.words)" }
            + given.map { "\($0.0) \($0.1) were put aside and need a person; millrace verify lists them." }
    }

    private static func facts(
        _ counts: InstanceCounts, _ runs: [(status: Status, count: Int64)], _ queue: [QueueDepth], _ app: App
    ) -> [AdminFact] {
        func fact(_ words: String, _ value: String, _ link: String? = nil) -> AdminFact {
            AdminFact(words: words, value: value, link: link)
        }
        let disk = Self.disk(app.configuration.storageDirectory)
        return [
            fact("Users", "\(counts.people)" + (counts.disabled > 0 ? ", \(counts.disabled) disabled" : ""), users),
            fact("Organizations", "\(counts.organizations)"), fact("Repositories", "\(counts.repositories)"),
            fact("Sessions", "\(counts.sessions)"),
        ] + runs.map { fact("Runs \($0.status)", "\($0.count)") } + [
            fact("Jobs waiting", "\(queue.reduce(0) { $0 + $1.waiting })", "/-/queue"),
            fact("Runners online", "\(counts.runnersOnline) of \(counts.runners)", "/-/runners"),
            fact("Database", sizeWords(counts.databaseBytes)),
        ] + (disk.map { [fact("Storage", "\(sizeWords($0.free)) free of \(sizeWords($0.all))")] } ?? [])
    }

    /// Of the file system that logs and artifacts are on.
    private static func disk(_ directory: String) -> (free: Int64, all: Int64)? {
        var facts = statvfs()
        guard statvfs(directory, &facts) == 0 else { return nil }
        return (Int64(facts.f_bavail) * Int64(facts.f_frsize), Int64(facts.f_blocks) * Int64(facts.f_frsize))
    }

    // MARK: people

    @Sendable private static func usersPage(_ request: Request, _ caller: Caller, _ app: App) throws -> Response {
        var filter = AccountFilter()
        if let text = request.given("q") {
            try checkField(text, "q", bytesMax: AccountLimits.searchBytesMax)
            filter.text = text
        }
        let page = Page(number: Page(request).number, limit: PageLimits.rowsMax)
        let total = try app.accountViews.userCount(filter)
        let next = Int64(page.number * page.limit) < total ? page.number + 1 : nil
        return try AdminUsersPage(
            head: head("Users", caller), q: filter.text ?? "", total: total,
            users: app.accountViews.users(filter, page.offsetPart).map { account in
                let isDisabled = account.prohibitsLogin || !account.isActive
                return AdminUserRow(
                    name: account.name, fullName: account.fullName, email: account.email, isAdmin: account.isAdmin,
                    isDisabled: isDisabled, isSelf: account.id == caller.account,
                    loggedInAt: TimePart(account.lastLoginAt, now: request.now),
                    action: "\(users)/\(percentEncoded(account.name))/\(isDisabled ? "enable" : "disable")",
                    token: caller.formToken)
            },
            next: next.map { "\(users)?page=\($0)" + (filter.text.map { "&q=\(percentEncoded($0))" } ?? "") }
        ).response()
    }

    private static func change(_ request: Request, _ by: ByAccount, isShut: Bool, _ app: App) throws -> Response {
        guard let account = try app.accounts.account(named: request.name("username")), !account.isOrganization else {
            throw Failure(.missing, "there is no user of this name")
        }
        guard account.id != by.account else {
            throw Failure(.forbidden, "an administrator cannot shut themselves out; let another one do it")
        }
        var edit = AccountEdit()
        edit.prohibitsLogin = isShut
        // Who was inactive is let in as well: the button says so.
        if !isShut { edit.isActive = true }
        _ = try app.caches.credentials.changing(account.id) { try app.accounts.edit(account.id, edit) }
        return .seeOther(users)
    }
}

extension Web.Access where App == Server.App, Context == ByAccount {
    /// A site administrator who logged in by name and password.
    static var administrator: Self {
        Self("site admin, in person") { request, app in
            let person = try app.authenticatePerson(request, mayOweChange: false)
            try request.admit(person.caller, .administrator)
            return person
        }
    }
}
