import Client
import Domain
import Web

/// The calls that put artifacts together, which may take minutes: they are held by the poll lane, and a few threads work them
/// off, so that none of the work lane's is pinned and no more disks are kept busy than that.
package struct FinishingLane: Sendable {
    /// Assemblies at once; more of them are not faster on one disk.
    private static let threads = 2

    let router: Router
    private let finishing = WorkerPool(threads: threads, name: "finishing")
    /// The short calls that share an address with a long one.
    private let short = WorkerPool(threads: threads)

    package init(router: Router) { self.router = router }

    package static func takes(_ request: Request) -> Bool {
        request.rawPath == ArtifactV4Routes.finalizePath || ArtifactV3Routes.isHeld(request)
    }

    /// Called by the epoll thread; the work is done by the pools.
    package func handle(_ held: HeldRequest) {
        let isLong = held.request.rawPath == ArtifactV4Routes.finalizePath || held.request.method == "PATCH"
        (isLong ? finishing : short).run { held.answer(router.handle(held.request)) }
    }

    package func close() {
        finishing.close()
        short.close()
    }
}
