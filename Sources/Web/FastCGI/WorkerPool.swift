import DequeModule
import Glibc

/// A few threads for the database work of the poll lane, fed by a queue.
///
/// `@unchecked Sendable` is true because `queue` and `closed` are touched only with `mutex` held.
package final class WorkerPool: @unchecked Sendable {
    private var queue: Deque<@Sendable () -> Void> = []
    private var closed = false
    private var mutex = pthread_mutex_t()
    private var changed = pthread_cond_t()
    private var workers: [Worker] = []

    /// - Parameter name: what `top -H` and `perf` call its threads.
    package init(threads: Int, name: String = "worker") {
        pthread_mutex_init(&mutex, nil)
        pthread_cond_init(&changed, nil)
        workers = (0..<threads).map { _ in Worker(name: name) { [unowned self] in loop() } }
    }

    /// Work that waits for a thread.
    package var depth: Int {
        pthread_mutex_lock(&mutex)
        defer { pthread_mutex_unlock(&mutex) }
        return queue.count
    }

    package func run(_ work: @escaping @Sendable () -> Void) {
        pthread_mutex_lock(&mutex)
        queue.append(work)
        pthread_cond_signal(&changed)
        pthread_mutex_unlock(&mutex)
    }

    /// Finishes what is queued, then ends the threads.
    ///
    /// - Parameter join: how the threads are waited for.
    package func close(join: ([Worker]) -> Void = { for worker in $0 { worker.join() } }) {
        pthread_mutex_lock(&mutex)
        closed = true
        pthread_cond_broadcast(&changed)
        pthread_mutex_unlock(&mutex)
        join(workers)
    }

    private func loop() {
        while true {
            pthread_mutex_lock(&mutex)
            while queue.isEmpty && !closed { pthread_cond_wait(&changed, &mutex) }
            guard !queue.isEmpty else {
                pthread_mutex_unlock(&mutex)
                return
            }
            let work = queue.removeFirst()
            pthread_mutex_unlock(&mutex)
            work()
        }
    }
}
