import Web

/// What one instance remembers or holds open, shared by all its threads. None of it is a fact: a killed instance loses
/// nothing by it.
package struct Caches: Sendable {
    package let polls = ParkedPolls()
    let calls = RunnerCalls()
    let heartbeats = Heartbeats()
    let passwords = PasswordGuard()
    package let credentials = CredentialCache()
    package let logReaders = LogReaders()
    package let liveStreams = LiveStreams()
    let workflowNames = WorkflowNames()
    package let stopping = StopFlag()
    package let readiness: Readiness
    /// Answers that are made while they are sent; others must find a thread beside them.
    let streams: Turnstile
    /// The other server of log-ins.
    let provider: OpenIDProvider
    let sweeps = SweepStates()

    init(_ configuration: Configuration) {
        readiness = Readiness(dsn: configuration.databaseDSN)
        streams = Turnstile(placesMax: max(1, configuration.workThreads / 4))
        provider = OpenIDProvider(placesMax: max(1, configuration.workThreads / 4))
    }
}
