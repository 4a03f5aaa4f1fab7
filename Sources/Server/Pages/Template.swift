import Mustache
import Web

/// The templates: files beside the Swift that fills them, compiled into the program (Package.swift lists them).
enum Template: String, CaseIterable, Sendable {
    case layout = "Layout"
    case state = "State"
    case stateIcon = "StateIcon"
    case time = "Time"
    case token = "Token"
    case error = "ErrorPage"
    case dashboard = "Dashboard"
    case owner = "OwnerPage"
    case repository = "RepositoryPage"
    case repositoryRow = "RepositoryRow"
    case runLine = "RunLine"
    case workflow = "WorkflowPage"
    case removal = "Removal"
    case settings = "SettingsPage"
    case environments = "EnvironmentListPage"
    case environment = "EnvironmentPage"
    case general = "GeneralPage"
    case webhooks = "WebhookListPage"
    case webhook = "WebhookPage"
    case webhookForm = "WebhookForm"
    case delivery = "DeliveryPage"
    case runList = "RunList"
    case runPage = "RunPage"
    case runRows = "RunRows"
    case runGraph = "RunGraph"
    case jobList = "JobList"
    case jobLine = "JobLine"
    case bar = "Bar"
    case workflowFile = "WorkflowFile"
    case insights = "Insights"
    case job = "Job"
    case jobPage = "JobPage"
    case queuePage = "QueuePage"
    case logRow = "LogRow"
    case runnersPage = "RunnersPage"
    case api = "APIPage"
    case login = "LoginPage"
    case password = "PasswordPage"
    case profile = "ProfilePage"
    case sessions = "SessionsPage"
    case tokens = "TokensPage"
    case link = "LinkPage"
    case admin = "AdminPage"
    case adminUsers = "AdminUsersPage"
    case members = "MembersPage"

    /// The text of its file.
    var text: String {
        let bytes =
            switch self {
            case .layout: PackageResources.Layout_mustache
            case .state: PackageResources.State_mustache
            case .stateIcon: PackageResources.StateIcon_mustache
            case .time: PackageResources.Time_mustache
            case .token: PackageResources.Token_mustache
            case .error: PackageResources.ErrorPage_mustache
            case .dashboard: PackageResources.Dashboard_mustache
            case .owner: PackageResources.OwnerPage_mustache
            case .repository: PackageResources.RepositoryPage_mustache
            case .repositoryRow: PackageResources.RepositoryRow_mustache
            case .runLine: PackageResources.RunLine_mustache
            case .workflow: PackageResources.WorkflowPage_mustache
            case .removal: PackageResources.Removal_mustache
            case .settings: PackageResources.SettingsPage_mustache
            case .environments: PackageResources.EnvironmentListPage_mustache
            case .environment: PackageResources.EnvironmentPage_mustache
            case .general: PackageResources.GeneralPage_mustache
            case .webhooks: PackageResources.WebhookListPage_mustache
            case .webhook: PackageResources.WebhookPage_mustache
            case .webhookForm: PackageResources.WebhookForm_mustache
            case .delivery: PackageResources.DeliveryPage_mustache
            case .runList: PackageResources.RunList_mustache
            case .runPage: PackageResources.RunPage_mustache
            case .runRows: PackageResources.RunRows_mustache
            case .runGraph: PackageResources.RunGraph_mustache
            case .jobList: PackageResources.JobList_mustache
            case .jobLine: PackageResources.JobLine_mustache
            case .bar: PackageResources.Bar_mustache
            case .workflowFile: PackageResources.WorkflowFile_mustache
            case .insights: PackageResources.Insights_mustache
            case .job: PackageResources.Job_mustache
            case .jobPage: PackageResources.JobPage_mustache
            case .queuePage: PackageResources.QueuePage_mustache
            case .logRow: PackageResources.LogRow_mustache
            case .runnersPage: PackageResources.RunnersPage_mustache
            case .api: PackageResources.APIPage_mustache
            case .login: PackageResources.LoginPage_mustache
            case .password: PackageResources.PasswordPage_mustache
            case .profile: PackageResources.ProfilePage_mustache
            case .sessions: PackageResources.SessionsPage_mustache
            case .tokens: PackageResources.TokensPage_mustache
            case .link: PackageResources.LinkPage_mustache
            case .admin: PackageResources.AdminPage_mustache
            case .adminUsers: PackageResources.AdminUsersPage_mustache
            case .members: PackageResources.MembersPage_mustache
            }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// All templates, compiled. Each escapes what it is filled with, byte by byte.
struct TemplateLibrary: Sendable {
    /// Made once a process, by the start of `serve` (`Routes.router`): a broken template is an error of that start, not of a
    /// page. Commands that show no page do not compile them.
    private static let compiled = Result {
        try TemplateLibrary(Dictionary(uniqueKeysWithValues: Template.allCases.map { ($0.rawValue, $0.text) }))
    }

    /// - Throws: what is wrong with which template.
    static func shared() throws -> TemplateLibrary { try compiled.get() }

    private let library: MustacheLibrary

    init(_ texts: [String: String]) throws {
        MustacheContentTypes.register(EscapedHTML(), named: "BYTES")
        MustacheContentTypes.register(EscapedAttribute(), named: "FIELD")
        var library = MustacheLibrary()
        for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
            // Mustache leaves out what it does not find.
            for match in text.matches(of: /\{\{\s*[<>]\s*(?<partial>[^\s}]*)/) where texts[String(match.partial)] == nil
            {
                throw Failure(.fault, "the template \"\(name)\" names \"\(match.partial)\", which is no template")
            }
            do {
                // In each, since partials do not take it over from the template that names them.
                try library.register("{{% CONTENT_TYPE:BYTES}}\n" + Self.markingFields(text), named: name)
            } catch let error as MustacheTemplate.ParserError {
                throw Failure(
                    .fault,
                    "the template \"\(name)\" cannot be read: \(error.error) in line \(error.context.lineNumber - 1), "
                        + "column \(error.context.columnNumber): \(error.context.line)")
            }
        }
        self.library = library
    }

    /// What programs read is escaped and otherwise left as it is: whole values of such attributes, and texts of areas.
    private static func markingFields(_ text: String) -> String {
        let attribute =
            /(?<before>\b(?:value|href|src|action|formaction|name|id|for|data-[a-z]+)=")(?<tag>\{\{[a-zA-Z.]+\}\})"/
        let area = /(?<before><textarea[^>]*>\n)(?<tag>\{\{[a-zA-Z.]+\}\})</
        func marked(_ before: Substring, _ tag: Substring) -> String {
            "\(before){{% CONTENT_TYPE:FIELD}}\(tag){{% CONTENT_TYPE:BYTES}}"
        }
        return text.replacing(attribute) { marked($0.before, $0.tag) + "\"" }.replacing(area) {
            marked($0.before, $0.tag) + "<"
        }
    }

    func html<Model: PageModel>(_ page: Model) throws -> String {
        guard let html = library.render(page, withTemplate: Model.template.rawValue) else {
            throw Failure(.fault, "there is no template \"\(Model.template.rawValue)\"")
        }
        return html
    }
}
