import Crypto
import Domain
import Foundation
import Logging
import Postgres

/// What an instance is made of. Everything here is a value or safe to share; facts live in PostgreSQL only.
package struct App: Sendable {
    package let configuration: Configuration
    /// What this instance is called beside others.
    let instance: String
    package let log: Logger
    let database: Database
    package let accounts: AccountStore
    package let accessTokens: AccessTokenStore
    let sessions: SessionStore
    let identities: ExternalIdentityStore
    package let accountViews: AccountQueries
    package let teams: TeamStore
    package let repositories: RepositoryStore
    package let repositoryViews: RepositoryQueries
    let redirects: RepositoryRedirects
    let collaborators: CollaboratorStore
    let commitStatuses: CommitStatusStore
    package let inbox: InboxStore
    let identityKeys: IdentityKeyStore
    package let runners: RunnerStore
    let registrationTokens: RegistrationTokenStore
    let runs: RunStore
    let tasks: TaskStore
    let claims: TaskClaims
    let summaries: JobSummaryStore
    let logs: LogStore
    let annotations: AnnotationStore
    let insights: InsightQueries
    let logFiles: LogFiles
    let uploads: UploadStore
    package let blobs: BlobStore
    package let artifacts: ArtifactStore
    let artifactViews: ArtifactQueries
    let storage: ArtifactStorage
    let views: RunQueries
    let liveViews: LiveQueries
    package let waits: WaitQueries
    package let runnerViews: RunnerQueries
    package let caches: Caches
    package let keys: Keys
    let secrets: SecretStore
    let variables: VariableStore
    let environments: EnvironmentStore
    let deployments: DeploymentQueries
    let workflows: WorkflowStore
    package let schedules: ScheduleStore
    let pullRequests: PullRequestStore
    let webhooks: WebhookStore
    let deliveries: DeliveryStore

    /// Connections of what acts without a request: it goes on while requests wait for each other's connections.
    /// One for each of its threads that asks PostgreSQL (`Housekeeping.start`), since none of them may keep another waiting:
    /// the listener, the sweeps, the inbox's readers, five sweeps of logs and runs, two of artifacts,
    /// one of schedules, and those that send to webhooks.
    static let housekeepingConnections = 10 + WebhookSendLimits.threads + PlanningLimits.readersPerInstance

    /// - Parameter other: the same instance, of which this one is another view: with connections of its own to PostgreSQL,
    ///   and with the same caches. For housekeeping.
    package init(configuration: Configuration, instance: String, beside other: App? = nil) throws {
        self.configuration = configuration
        self.instance = instance
        log = JSONLogHandler.logger(instance: instance)
        caches = other?.caches ?? Caches(configuration)
        database = Database(
            dsn: configuration.databaseDSN,
            size: other == nil ? configuration.databasePool : Self.housekeepingConnections)
        accounts = AccountStore(database: database)
        accessTokens = AccessTokenStore(database: database)
        sessions = SessionStore(database: database)
        identities = ExternalIdentityStore(database: database)
        accountViews = AccountQueries(database: database)
        teams = TeamStore(database: database)
        repositories = RepositoryStore(database: database)
        repositoryViews = RepositoryQueries(database: database)
        redirects = RepositoryRedirects(database: database)
        collaborators = CollaboratorStore(database: database)
        commitStatuses = CommitStatusStore(database: database)
        inbox = InboxStore(database: database)
        identityKeys = IdentityKeyStore(database: database)
        runners = RunnerStore(database: database)
        registrationTokens = RegistrationTokenStore(database: database)
        runs = RunStore(
            database: database,
            settings: RunStore.Settings(
                base: configuration.publicURL, fairSpacingSeconds: configuration.fairSpacingSeconds))
        tasks = TaskStore(database: database, runs: runs)
        var claims = TaskClaims(database: database) {
            let token = Token.make()
            return (token, Token.hash(token))
        }
        claims.replacements = configuration.actionReplacements
        self.claims = claims
        summaries = JobSummaryStore(database: database)
        logs = LogStore(
            database: database,
            settings: LogStore.Settings(
                graceSeconds: configuration.sealGraceSeconds, taskBytesMax: configuration.logTaskBytesMax))
        annotations = AnnotationStore(database: database)
        insights = InsightQueries(database: database)
        logFiles = LogFiles(directory: configuration.storageDirectory + "/logs")
        uploads = UploadStore(database: database)
        blobs = BlobStore(database: database)
        artifacts = ArtifactStore(
            database: database, uploads: uploads, blobs: blobs, settings: configuration.artifacts.store)
        artifactViews = ArtifactQueries(database: database)
        storage = ArtifactStorage(directory: configuration.storageDirectory)
        views = RunQueries(database: database)
        liveViews = LiveQueries(database: database)
        waits = WaitQueries(database: database)
        runnerViews = RunnerQueries(database: database)
        keys =
            other?.keys
            ?? Keys(
                database: database,
                master: MasterKeys(
                    path: configuration.masterKeyPath(environment: ProcessInfo.processInfo.environment)))
        secrets = SecretStore(database: database)
        variables = VariableStore(database: database)
        environments = EnvironmentStore(database: database)
        deployments = DeploymentQueries(database: database)
        workflows = WorkflowStore(database: database)
        schedules = ScheduleStore(database: database)
        webhooks = WebhookStore(database: database)
        deliveries = DeliveryStore(database: database)
        pullRequests = PullRequestStore(database: database, base: configuration.publicURL)
    }
}
