import Domain
import Glibc
import Synchronization

/// A request of the lane `held`, with the threads that its handler works on.
package struct Hold: Sendable {
    package let held: HeldRequest
    /// Work that waits for a thread.
    package let depth: @Sendable () -> Int
    fileprivate let pool: WorkerPool
    fileprivate let answerError: @Sendable (any Error) -> Void
    fileprivate let context: RequestContext
    fileprivate let within: @Sendable (RequestContext, () -> Void) -> Void

    package func answer(_ response: Response) { held.answer(response.with(context)) }

    /// Begins an answer that is written piece by piece; nil where there is none to begin (`HeldRequest.stream`).
    package func stream(_ response: Response, _ bounds: HeldStream.Bounds) -> HeldStream? {
        held.stream(response.with(context), bounds)
    }

    /// Works on a thread of the pool; what it throws is the answer, in the shape of the path's protocol.
    package func work(_ body: @escaping @Sendable () throws -> Void) {
        pool.run { now(body) }
    }

    /// The same on this thread.
    package func now(_ body: () throws -> Void) {
        within(context) {
            do { try body() } catch { answerError(error) }
        }
    }
}

/// What every request passes before its endpoint, and what is told of failures.
package struct RouterHooks<App: Sendable>: Sendable {
    /// Refuses what no endpoint may see.
    package let refuse: @Sendable (Request, App) throws -> Void
    /// Told of each failure that an operator may have to know about.
    package let failed: @Sendable (_ error: any Error, Request, App) -> Void
    /// Tells a failure in a way that the shape of its path does not know: pages to browsers. Nil: the shape tells it.
    package let present: @Sendable (_ error: any Error, Request, FailureShape, App) -> Response?
    /// What absolute addresses in an answer begin with, in failures too.
    package let base: @Sendable (Request, App) -> String
    /// Runs the work on a request, on whichever thread: what is below is told for whom it works.
    package let within: @Sendable (RequestContext, () -> Void) -> Void

    package init(
        refuse: @escaping @Sendable (Request, App) throws -> Void,
        failed: @escaping @Sendable (_ error: any Error, Request, App) -> Void,
        present: @escaping @Sendable (_ error: any Error, Request, FailureShape, App) -> Response? = { _, _, _, _ in nil
        },
        base: @escaping @Sendable (Request, App) -> String = { _, _ in "" },
        within: @escaping @Sendable (RequestContext, () -> Void) -> Void
    ) {
        self.refuse = refuse
        self.failed = failed
        self.present = present
        self.base = base
        self.within = within
    }
}

package enum RouterLimits {
    /// Threads that look for work for held requests.
    static let heldThreads = 4
    /// Long requests at once: artifacts are put together, and more at once are not faster on one disk.
    static let longThreads = 2
    static let besideLongThreads = 2
}

/// Finds the endpoint of a request, asks its access, runs its handler, and tells failures in the shape of the path's protocol.
package struct Router<App: Sendable>: Sendable {
    package let table: RouteTable<App>
    private let app: App
    private let hooks: RouterHooks<App>

    package init(app: App, table: RouteTable<App>, hooks: RouterHooks<App>) {
        self.app = app
        self.table = table
        self.hooks = hooks
    }

    /// Answers a request of the work lane.
    package func handle(_ request: Request) -> Response {
        let context = RequestContext(id: request.requestID, base: hooks.base(request, app))
        var response: Response?
        RequestContext.$current.withValue(context) {
            hooks.within(context) { response = answer(request, context) }
        }
        return (response ?? FailureShape.page.render(Failure(.fault, "internal error; nothing was answered")))
            .with(context)
    }

    private func answer(_ request: Request, _ context: RequestContext) -> Response {
        switch found(request) {
        case .failure(let refused): return refused.response
        case .success(let (endpoint, request)):
            let shape = endpoint.shape ?? table.shape(of: request)
            context.note("route", endpoint.path)
            switch endpoint.run {
            case .answers(let answer):
                do { return try answer(request, app) } catch { return render(error, request, shape) }
            case .holds(let hold):
                guard endpoint.lane == .instant else {
                    let words = "requests of this path are held; nginx must send them to the poll lane"
                    return render(Failure(.missing, words), request, shape)
                }
                return waiting { held in try hold(held, request, app) }
            }
        }
    }

    /// What is to be sent instead of an answer, since there is no endpoint or the request must not be looked at.
    private struct Refused: Error { let response: Response }

    private func found(_ request: Request) -> Result<(Endpoint<App>, Request), Refused> {
        do {
            guard request.body.count <= LaneLimits.bodyBytesMax else {
                throw Failure(.tooLarge, "the request body is over \(LaneLimits.bodyBytesMax) bytes")
            }
            if let excess = request.excess { throw Failure(.invalid, excess) }
            try hooks.refuse(request, app)
        } catch {
            return .failure(Refused(response: render(error, request, table.shape(of: request))))
        }
        switch table.match(request) {
        case .found(let endpoint, let names):
            var request = request
            request.path = names
            return .success((endpoint, request))
        case .wrongMethod(let allowed, let shape):
            if let unknown = shape.unknown {
                return .failure(Refused(response: render(unknown(request), request, shape)))
            }
            let methods = allowed.joined(separator: ", ")
            let words = "this path does not take \(request.method); it takes \(methods)"
            var response = render(Failure(.wrongMethod, words), request, shape)
            response.headers.append((name: "Allow", value: methods))
            return .failure(Refused(response: response))
        case .unknown(let shape):
            let failure = shape.unknown?(request) ?? Failure(.missing, "not found")
            return .failure(Refused(response: render(failure, request, shape)))
        }
    }

    private func render(_ error: any Error, _ request: Request, _ shape: FailureShape) -> Response {
        if let refused = error as? RefusedCall { return refused.response }
        hooks.failed(error, request, app)
        return hooks.present(error, request, shape, app) ?? shape.render(error)
    }

    /// The answer to a request that is refused before it is looked at.
    package func refusal(of request: Request, for error: any Error) -> Response {
        let context = RequestContext(id: request.requestID, base: hooks.base(request, app))
        return RequestContext.$current.withValue(context) {
            render(error, request, table.shape(of: request)).with(context)
        }
    }

    /// Runs what answers later, and waits for it: for a request of the poll lane that came by the other socket.
    private func waiting(_ body: (Hold) throws -> Void) -> Response {
        let answered = AnswerSlot()
        let held = HeldRequest(request: Request(parameters: [:], body: []), answer: answered.put, isGone: { false })
        let hold = Hold(
            held: held, depth: { 0 }, pool: WorkerPool(threads: 0),
            answerError: { answered.put(FailureShape.page.render($0)) },
            // `handle` puts the id into the answer.
            context: RequestContext(id: ""), within: { $1() })
        hold.now { try body(hold) }
        return answered.wait()
    }
}

/// The threads of the poll lane.
package struct HeldRouter<App: Sendable>: Sendable {
    private let router: Router<App>
    private let held = WorkerPool(threads: RouterLimits.heldThreads, name: "held")
    private let long = WorkerPool(threads: RouterLimits.longThreads, name: "finishing")
    private let besideLong = WorkerPool(threads: RouterLimits.besideLongThreads, name: "beside")

    package init(_ router: Router<App>) { self.router = router }

    /// Called by the epoll thread, which must not wait.
    package func handle(_ request: HeldRequest) {
        guard case .found(let endpoint, let names) = router.table.match(request.request) else {
            return besideLong.run { request.answer(router.handle(request.request)) }
        }
        switch (endpoint.lane, endpoint.run) {
        case (.instant, .holds(let hold)): router.hold(request, endpoint, names, hold, on: held, atOnce: true)
        case (_, .holds(let hold)): router.hold(request, endpoint, names, hold, on: held, atOnce: false)
        case (.long, .answers): long.run { request.answer(router.handle(request.request)) }
        case (_, .answers): besideLong.run { request.answer(router.handle(request.request)) }
        }
    }

    /// Finishes what is queued, then ends the threads.
    package func close() {
        held.close()
        long.close()
        besideLong.close()
    }
}

extension Router {
    fileprivate func hold(
        _ held: HeldRequest, _ endpoint: Endpoint<App>, _ names: [String: String],
        _ holder: @escaping @Sendable (Hold, Request, App) throws -> Void, on pool: WorkerPool, atOnce: Bool
    ) {
        var request = held.request
        request.path = names
        let shape = endpoint.shape ?? table.shape(of: request)
        let context = RequestContext(id: request.requestID, base: hooks.base(request, app))
        context.note("route", endpoint.path)
        let hold = Hold(
            held: held, depth: { pool.depth }, pool: pool,
            answerError: { [request] in held.answer(render($0, request, shape).with(context)) }, context: context,
            within: { [hooks] context, body in
                RequestContext.$current.withValue(context) { hooks.within(context, body) }
            })
        let begin: @Sendable () throws -> Void = { [request] in
            if let excess = request.excess { throw Failure(.invalid, excess) }
            try hooks.refuse(request, app)
            try holder(hold, request, app)
        }
        if atOnce { hold.now(begin) } else { hold.work(begin) }
    }
}

/// One answer that one thread waits for.
///
/// `@unchecked Sendable` is true because `response` is touched only with `mutex` held.
private final class AnswerSlot: @unchecked Sendable {
    private var response: Response?
    private var mutex = pthread_mutex_t()
    private var filled = pthread_cond_t()

    init() {
        pthread_mutex_init(&mutex, nil)
        pthread_cond_init(&filled, nil)
    }
    deinit {
        pthread_cond_destroy(&filled)
        pthread_mutex_destroy(&mutex)
    }

    @Sendable func put(_ answer: Response) {
        pthread_mutex_lock(&mutex)
        if response == nil { response = answer }
        pthread_cond_broadcast(&filled)
        pthread_mutex_unlock(&mutex)
    }

    func wait() -> Response {
        pthread_mutex_lock(&mutex)
        defer { pthread_mutex_unlock(&mutex) }
        while true {
            if let response { return response }
            pthread_cond_wait(&filled, &mutex)
        }
    }
}

extension Response {
    /// The answer with the id of its request, by which it is found in the logs.
    fileprivate func with(_ context: RequestContext) -> Response {
        guard !context.id.isEmpty else { return self }
        var response = self
        response.headers.append((name: "X-Request-Id", value: context.id))
        for cookie in context.setCookies { response.headers.append((name: "Set-Cookie", value: cookie)) }
        return response
    }
}
