import Glibc
import Synchronization

/// Threads that wait for work, as starting one takes longer than most runs.
@safe
final class Threads: Sendable {
  private let count: Int
  /// Reached by all threads in front of the work and behind it.
  private nonisolated(unsafe) let barrier: UnsafeMutablePointer<pthread_barrier_t>
  // Written by the caller of `run` while all threads are at the barrier, which orders it.
  private nonisolated(unsafe) var work: (Int) -> Void = { _ in }
  private let startedCount = Atomic(0)

  init(count: Int) {
    self.count = count
    unsafe barrier = .allocate(capacity: 1)
    unsafe pthread_barrier_init(barrier, nil, UInt32(count + 1))
    for index in 0..<count {
      let job = unsafe Unmanaged.passRetained(Job(threads: self, index: index))
      var thread = pthread_t()
      let code = unsafe pthread_create(
        &thread, nil,
        { argument in
          let job = unsafe Unmanaged<Job>.fromOpaque(argument!).takeRetainedValue()
          job.threads.serve(job.index)
        }, job.toOpaque())
      precondition(code == 0, "no thread to be had")
    }
  }

  /// Runs `other` on every thread, with its index, while the caller runs `own`, which begins when so
  /// many of them have begun.
  func run(_ other: @escaping (Int) -> Void, behind count: Int, own: () -> Void) {
    unsafe work = other
    startedCount.store(0, ordering: .relaxed)
    unsafe pthread_barrier_wait(barrier)
    // Relaxed, as all of these: only when they run is meant, nothing is handed over.
    while startedCount.load(ordering: .relaxed) < count { sched_yield() }
    own()
    unsafe pthread_barrier_wait(barrier)
  }

  private func serve(_ index: Int) -> Never {
    while true {
      unsafe pthread_barrier_wait(barrier)
      startedCount.wrappingAdd(1, ordering: .relaxed)
      unsafe work(index)
      unsafe pthread_barrier_wait(barrier)
    }
  }

  private final class Job {
    let threads: Threads
    let index: Int

    init(threads: Threads, index: Int) {
      self.threads = threads
      self.index = index
    }
  }
}
