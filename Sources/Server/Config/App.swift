import Crypto
import Domain
import Foundation
import Logging
import Postgres

/// What an instance is made of. Everything here is a value or safe to share; facts live in PostgreSQL only.
package struct App: Sendable {
    package let configuration: Configuration
    package let log: Logger
    let database: Database
    package let accounts: AccountStore
    package let repositories: RepositoryStore
    package let inbox: InboxStore
    let identityKeys: IdentityKeyStore
    package let runners: RunnerStore
    let registrationTokens: RegistrationTokenStore
    let runs: RunStore
    let tasks: TaskStore
    let claims: TaskClaims
    let summaries: JobSummaryStore
    let logs: LogStore
    let logFiles: LogFiles
    let uploads: UploadStore
    package let blobs: BlobStore
    package let artifacts: ArtifactStore
    let artifactViews: ArtifactQueries
    let storage: ArtifactStorage
    package let logReaders: LogReaders
    let views: RunQueries
    package let waits: WaitQueries
    package let runnerViews: RunnerQueries
    package let polls: ParkedPolls
    let calls: RunnerCalls
    let heartbeats: Heartbeats
    let passwords: PasswordGuard
    package let stopping: StopFlag
    package let readiness: Readiness
    /// Answers that are made while they are sent; others must find a thread beside them.
    let streams: Turnstile
    /// For secrets that must be shown again; the same on all instances.
    let seal: Seal
    /// Addresses of uploads and downloads.
    let signedURLs: SignedURLs
    /// Signs runtime tokens; the same on all instances.
    let runtimeKey: SymmetricKey

    /// Connections of what acts without a request: it goes on while requests wait for each other's connections.
    /// One for each of its threads that asks PostgreSQL (`Housekeeping.start`), since none of them may keep another waiting:
    /// the listener, the sweeps, the inbox's readers, four sweeps of logs and runs, two of artifacts.
    static let housekeepingConnections = 8 + PlanningLimits.readersPerInstance

    /// - Parameter other: the same instance, of which this one is another view: with connections of its own to PostgreSQL,
    ///   and with the same caches. For housekeeping.
    package init(configuration: Configuration, instance: String, beside other: App? = nil) throws {
        self.configuration = configuration
        log = JSONLogHandler.logger(instance: instance)
        polls = other?.polls ?? ParkedPolls()
        calls = other?.calls ?? RunnerCalls()
        heartbeats = other?.heartbeats ?? Heartbeats()
        passwords = other?.passwords ?? PasswordGuard()
        stopping = other?.stopping ?? StopFlag()
        logReaders = other?.logReaders ?? LogReaders()
        readiness = other?.readiness ?? Readiness(dsn: configuration.databaseDSN)
        database = Database(
            dsn: configuration.databaseDSN,
            size: other == nil ? configuration.databasePool : Self.housekeepingConnections)
        accounts = AccountStore(database: database)
        repositories = RepositoryStore(database: database)
        inbox = InboxStore(database: database)
        identityKeys = IdentityKeyStore(database: database)
        runners = RunnerStore(database: database)
        registrationTokens = RegistrationTokenStore(database: database)
        runs = RunStore(
            database: database,
            settings: RunStore.Settings(
                base: configuration.publicURL, fairSpacingSeconds: configuration.fairSpacingSeconds))
        tasks = TaskStore(database: database, runs: runs)
        claims = TaskClaims(database: database) {
            let token = Token.make()
            return (token, Token.hash(token))
        }
        summaries = JobSummaryStore(database: database)
        logs = LogStore(
            database: database,
            settings: LogStore.Settings(
                graceSeconds: configuration.sealGraceSeconds, taskBytesMax: configuration.logTaskBytesMax))
        logFiles = LogFiles(directory: configuration.storageDirectory + "/logs")
        uploads = UploadStore(database: database)
        blobs = BlobStore(database: database)
        artifacts = ArtifactStore(
            database: database, uploads: uploads, blobs: blobs, settings: configuration.artifacts.store)
        artifactViews = ArtifactQueries(database: database)
        streams = other?.streams ?? Turnstile(placesMax: max(1, configuration.workThreads / 4))
        storage = ArtifactStorage(directory: configuration.storageDirectory)
        views = RunQueries(database: database)
        waits = WaitQueries(database: database)
        runnerViews = RunnerQueries(database: database)
        if let other {
            (seal, signedURLs, runtimeKey) = (other.seal, other.signedURLs, other.runtimeKey)
            return
        }
        seal = Seal(key: try accounts.sharedKey(purpose: "seal", fresh: Token.random(bytes: 32)))
        signedURLs = SignedURLs(keys: URLKeys(store: URLKeyStore(database: database), seal: seal).live)
        runtimeKey = SymmetricKey(
            data: try accounts.sharedKey(purpose: "runtime_token", fresh: Token.random(bytes: 32)))
    }
}
